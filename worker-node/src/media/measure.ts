import { toNumber } from '@millrace/shared/media/fraction.ts';
import type { MediaInfo, SubtitleStreamInfo, VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import { checkLength } from './check-length.ts';
import { type Chosen, languageOf } from './choose-streams.ts';
import type { Look, ProbeRun } from './look-at-source.ts';
import { measureAudio } from './measure-audio.ts';
import { measureVideo } from './measure-video.ts';
import type { FfprobeTools } from './run-ffprobe.ts';

/** `MediaInfo` without where the bytes lie and what they are. */
export type Measured = Omit<MediaInfo, 'source' | 'uploadedFormat' | 'digest'>;

/** Reads the exact starts and ends of the streams and puts everything into a `MediaInfo`. */
export async function measure(tools: FfprobeTools, look: Look, run: ProbeRun): Promise<Measured> {
  const { format } = look.probed;
  const containerStartMicros = format.start_time ?? 0;
  const [video, audio] = await Promise.all([
    look.video && measureVideo(tools, look, look.video, run),
    measureAudio(tools, look, containerStartMicros, run),
  ]);
  const originMicros = timeZero(
    video,
    audio.map((track) => track.startMicros),
  );
  const ends = [...(video ? [video.endMicros] : []), ...audio.map((track) => track.endMicros)];
  const durationMicros = Math.max(...ends) - originMicros;
  checkLength(video?.frameRate ?? null, durationMicros);
  return {
    demuxer: look.input.demuxer,
    containerStartMicros,
    originMicros,
    durationMicros,
    bitrateKbps: format.bit_rate === null ? null : Math.round(format.bit_rate / 1_000),
    video,
    audio,
    subtitles: look.subtitles.map(describeSubtitles),
    skipped: look.skipped,
  };
}

/** Part of a frame that a start may be off by, since containers round. */
const ROUNDING = 0.1;

/**
 * The earliest start, moved by less than a frame so that the pictures lie on the grid: otherwise each would be shown up
 * to half a frame away from its sound. What is cut from the sound is seldom more than the encoder's priming.
 */
function timeZero(video: VideoStreamInfo | null, audioStarts: readonly number[]): number {
  if (!video) return Math.min(...audioStarts);
  const frameMicros = Math.round(1_000_000 / toNumber(video.frameRate));
  const audioStart = Math.min(video.startMicros, ...audioStarts);
  const leadFrames = Math.max(0, Math.floor((video.startMicros - audioStart) / frameMicros + ROUNDING));
  return video.startMicros - leadFrames * frameMicros;
}

function describeSubtitles({ stream, index }: Chosen): SubtitleStreamInfo {
  return {
    index,
    codec: stream.codec_name ?? 'unknown',
    language: languageOf(stream),
    title: stream.tags?.title ?? null,
    isDefault: stream.disposition?.default === 1,
    forced: stream.disposition?.forced === 1,
  };
}
