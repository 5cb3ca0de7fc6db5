import type { SkippedStream } from '@millrace/shared/media/media-info.ts';
import { TaskFailure } from '../task-failure.ts';
import { AUDIO_CODECS, BITMAP_SUBTITLES, TEXT_SUBTITLES, VIDEO_CODECS } from './codecs.ts';
import type { Probed, ProbedStream } from './probe-json.ts';

/** A stream, and which one it is among those of its kind: ffmpeg's `V:index`, `a:index` or `s:index`. */
export interface Chosen {
  stream: ProbedStream;
  index: number;
}

/** What something is made of, and what nothing is made of. */
export interface ChosenStreams {
  /** Null for sound alone. */
  video: Chosen | null;
  audio: Chosen[];
  subtitles: Chosen[];
  skipped: SkippedStream[];
}

/**
 * The first video stream that is no cover art, all sound and all text we can decode. Throws when there are neither
 * pictures nor sound, or they are in codecs that are on no list.
 */
export function chooseStreams({ streams }: Probed): ChosenStreams {
  const [video = null, ...furtherVideo] = numbered(
    streams.filter((stream) => stream.codec_type === 'video' && stream.disposition?.attached_pic !== 1),
  );
  const sound = numbered(streams.filter((stream) => stream.codec_type === 'audio'));
  const text = numbered(streams.filter((stream) => stream.codec_type === 'subtitle'));
  const data = streams.filter((stream) => stream.codec_type === 'data');

  const audible = sound.filter(({ stream }) => !isEmpty(stream));
  const audio = audible.filter(({ stream }) => isKnownSound(stream));
  if (video && !Object.hasOwn(VIDEO_CODECS, codecOf(video.stream))) {
    throw unsupported(`the codec ${codecOf(video.stream)} is not supported`);
  }
  if (audible.length > 0 && audio.length === 0) {
    const names = audible.map(({ stream }) => codecOf(stream)).join(', ');
    throw unsupported(`the sound is in a codec that is not supported: ${names}`);
  }
  if (!video && audio.length === 0) {
    throw new TaskFailure('nothing_to_encode', 'the source has neither pictures nor sound');
  }
  const subtitles = text.filter(({ stream }) => Object.hasOwn(TEXT_SUBTITLES, codecOf(stream)));
  return {
    video,
    audio,
    subtitles,
    skipped: [
      ...furtherVideo.map(({ stream }) => skip('video', stream, 'further_video')),
      ...sound
        .filter((track) => !audio.includes(track))
        .map(({ stream }) => skip('audio', stream, isEmpty(stream) ? 'empty' : 'unsupported_codec')),
      ...text
        .filter((track) => !subtitles.includes(track))
        .map(({ stream }) =>
          skip('subtitles', stream, isBitmap(stream) ? 'bitmap_subtitles' : 'unsupported_codec'),
        ),
      ...data.map((stream) => skip('data', stream, 'unsupported_codec')),
    ],
  };
}

/** "und" is how containers say that nobody knows. */
export function languageOf(stream: ProbedStream): string | null {
  const language = stream.tags?.language ?? null;
  return language === 'und' ? null : language;
}

function numbered(streams: readonly ProbedStream[]): Chosen[] {
  return streams.map((stream, index) => ({ stream, index }));
}

/** Cameras write a sound track even when the microphone was off. */
function isEmpty({ nb_frames, start_time, duration }: ProbedStream): boolean {
  return nb_frames === 0 || (start_time === null && !duration);
}

function isKnownSound(stream: ProbedStream): boolean {
  return (
    Object.hasOwn(AUDIO_CODECS, codecOf(stream)) &&
    (stream.channels ?? 0) > 0 &&
    (stream.sample_rate ?? 0) > 0
  );
}

function isBitmap(stream: ProbedStream): boolean {
  return BITMAP_SUBTITLES.some((name) => name === stream.codec_name);
}

function skip(
  kind: SkippedStream['kind'],
  stream: ProbedStream,
  reason: SkippedStream['reason'],
): SkippedStream {
  return { kind, codec: codecOf(stream), reason, language: languageOf(stream) };
}

function codecOf({ codec_name, codec_tag_string }: ProbedStream): string {
  return codec_name ?? codec_tag_string ?? 'unknown';
}

function unsupported(message: string): TaskFailure {
  return new TaskFailure('unsupported_codec', message);
}
