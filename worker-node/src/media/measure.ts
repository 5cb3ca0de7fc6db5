import { type Fraction, parseFraction } from '@millrace/shared/media/fraction.ts';
import type { AudioStreamInfo, MediaInfo, VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import { TaskFailure } from '../task-failure.ts';
import { secondsText } from './argv/input.ts';
import { displaySize, saneAspectRatio } from './display-size.ts';
import { decideFrameRate } from './frame-rate.ts';
import { LIMITS } from './limits.ts';
import { type Look, type ProbeRun, readPackets } from './look-at-source.ts';
import type { ProbedPacket, ProbedStream } from './probe-json.ts';
import { clockwiseRotation } from './rotation.ts';
import type { FfprobeTools } from './run-ffprobe.ts';

/** `MediaInfo` without where the bytes lie. */
export type Measured = Omit<MediaInfo, 'source' | 'uploadedFormat'>;

/** How far before the claimed end the last packets are looked for. */
const TAIL_MICROS = 10_000_000;
/** A header may be wrong by this much about the end of the video. */
const HEADER_SLACK_MICROS = 1_000_000;
/** Coded sound may begin a little before zero, with samples that nobody hears. */
const PRIMING_MICROS = 100_000;

/** Reads the exact start and end of the video from its packets and puts everything into a `MediaInfo`. */
export async function measure(tools: FfprobeTools, look: Look, run: ProbeRun): Promise<Measured> {
  const { format } = look.probed;
  const { stream } = look.video;
  const { frameRate, variable } = decideFrameRate(stream.r_frame_rate, stream.avg_frame_rate);
  const frameMicros = Math.round((frameRate.den * 1_000_000) / frameRate.num);
  const containerStartMicros = format.start_time ?? 0;

  const startMicros = firstPts(look.head) ?? stream.start_time ?? containerStartMicros;
  const claimedEnd = claimedEndMicros(look, startMicros);
  const tailFrom = (claimedEnd ?? startMicros) - TAIL_MICROS;
  const interval = tailFrom <= startMicros ? '%' : `${secondsText(tailFrom)}%`;
  const tail = await readPackets(tools, look.input, `V:${look.video.index}`, interval, run);
  const endMicros = lastEnd(tail, frameMicros);
  if (endMicros === null || (claimedEnd !== null && endMicros < claimedEnd - HEADER_SLACK_MICROS)) {
    const claimed = claimedEnd === null ? '' : ` of ${(claimedEnd - startMicros) / 1_000_000} s`;
    throw new TaskFailure('source_truncated', `the pictures end before the claimed length${claimed}`);
  }

  const video = describeVideo(look, { frameRate, variable, startMicros, endMicros });
  const audio = look.audio.map((track) => describeAudio(track, containerStartMicros, endMicros));
  const originMicros = timeZero(startMicros, frameMicros, audio[0]?.startMicros ?? startMicros);
  const durationMicros = Math.max(endMicros, ...audio.map((track) => track.endMicros)) - originMicros;
  if (durationMicros > LIMITS.durationMicros) {
    throw new TaskFailure('source_exceeds_limits', `${Math.round(durationMicros / 1_000_000)} s long`);
  }
  return {
    demuxer: look.input.demuxer,
    containerStartMicros,
    originMicros,
    durationMicros,
    bitrateKbps: format.bit_rate === null ? null : Math.round(format.bit_rate / 1_000),
    video,
    audio,
  };
}

/** Part of a frame that a start may be off by, since containers round. */
const ROUNDING = 0.1;

/**
 * The earliest start, moved by less than a frame so that the pictures lie on the grid: otherwise each would be shown up
 * to half a frame away from its sound. What is cut from the sound is seldom more than the encoder's priming.
 */
function timeZero(videoStart: number, frameMicros: number, audioStart: number): number {
  const leadFrames = Math.max(0, Math.floor((videoStart - audioStart) / frameMicros + ROUNDING));
  return videoStart - leadFrames * frameMicros;
}

function firstPts(packets: readonly ProbedPacket[]): number | null {
  const times = packets.flatMap((packet) => (packet.pts_time === null ? [] : [packet.pts_time]));
  return times.length > 0 ? Math.min(...times) : null;
}

function lastEnd(packets: readonly ProbedPacket[], frameMicros: number): number | null {
  return packets.reduce<number | null>((latest, packet) => {
    if (packet.pts_time === null) return latest;
    return Math.max(
      latest ?? Number.NEGATIVE_INFINITY,
      packet.pts_time + (packet.duration_time || frameMicros),
    );
  }, null);
}

/** The end by the headers: the stream's or the container's word, whichever promises less. */
function claimedEndMicros(look: Look, startMicros: number): number | null {
  const { format } = look.probed;
  const byStream = look.video.stream.duration === null ? null : startMicros + look.video.stream.duration;
  const byContainer = format.duration === null ? null : (format.start_time ?? 0) + format.duration;
  // Matroska knows only the length of the whole, which the sound may set.
  if (byStream === null) return null;
  return byContainer === null ? byStream : Math.min(byStream, byContainer);
}

function describeVideo(
  look: Look,
  measured: { frameRate: Fraction; variable: boolean; startMicros: number; endMicros: number },
): VideoStreamInfo {
  const { stream, index } = look.video;
  const codedWidth = stream.width ?? 0;
  const codedHeight = stream.height ?? 0;
  const sampleAspectRatio = saneAspectRatio(parseFraction(stream.sample_aspect_ratio ?? ''));
  const rotation = clockwiseRotation(
    stream.side_data_list?.find((side) => side.rotation !== undefined)?.rotation,
  );
  return {
    index,
    codec: stream.codec_name ?? 'unknown',
    pixelFormat: stream.pix_fmt ?? 'unknown',
    codedWidth,
    codedHeight,
    sampleAspectRatio,
    rotation,
    ...displaySize(codedWidth, codedHeight, sampleAspectRatio, rotation),
    frameRate: measured.frameRate,
    variableFrameRate: measured.variable,
    startMicros: measured.startMicros,
    endMicros: measured.endMicros,
    endMeasured: true,
    colorTransfer: known(stream.color_transfer),
    colorPrimaries: known(stream.color_primaries),
    colorSpace: known(stream.color_space),
    colorRange: known(stream.color_range),
    fieldOrder: known(stream.field_order),
  };
}

function describeAudio(
  { stream, index }: Look['audio'][number],
  containerStartMicros: number,
  videoEndMicros: number,
): AudioStreamInfo {
  const start = stream.start_time ?? containerStartMicros;
  const startMicros = start < 0 && start > -PRIMING_MICROS ? 0 : start;
  const endMicros = stream.duration === null ? videoEndMicros : start + stream.duration;
  return {
    index,
    codec: stream.codec_name ?? 'unknown',
    channels: stream.channels ?? 1,
    sampleRate: stream.sample_rate ?? 48_000,
    startMicros,
    endMicros: Math.max(startMicros, endMicros),
    ...audioLabels(stream),
  };
}

/** Language and title, which a copy of the streams no longer has. */
export function audioLabels(stream: ProbedStream): Pick<AudioStreamInfo, 'language' | 'title'> {
  const language = stream.tags?.language ?? null;
  return { language: language === 'und' ? null : language, title: stream.tags?.title ?? null };
}

function known(value: string | undefined): string | null {
  return value === undefined || value === 'unknown' ? null : value;
}
