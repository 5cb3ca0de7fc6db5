import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import type { AudioStreamInfo } from '@millrace/shared/media/media-info.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { spanSamples } from '../span-packets.ts';
import { fence, QUIET, STRIPPED, secondsText } from './input.ts';

/** Where a pass over a track gets its sound from. */
export interface SoundInput {
  argv: string[];
  /** The streams of the source, or our own PCM, which is already what `conform` makes of them. */
  conformed: boolean;
}

/** Gaps and overlaps longer than this are filled or cut; shorter ones are the container's rounding. */
const MAX_DRIFT_SECONDS = 0.015;
/** Less than a sample: where the track begins is exact. */
const MIN_DRIFT_SECONDS = 0.00001;
/** Films that begin later than this in their source are not decoded from its start. */
const SEEK_AFTER_MICROS = 30_000_000;
/** What is decoded before the first sample that counts: containers index sound coarsely. */
const RUN_UP_MICROS = 10_000_000;
/** Demuxers that give sound its right time after a seek. */
const EXACT_DEMUXERS = ['mov', 'matroska'];
/** Channels that ffmpeg has names for; of more than these the first two are the mix. */
const MAX_NAMED_CHANNELS = 8;
const LAYOUTS = { 1: 'mono', 2: 'stereo', 6: '5.1' } as const;

export function sourceSound(spec: EncodeAudioSpec, url: string): SoundInput {
  const { demuxer, originMicros, containerStartMicros } = spec.source;
  const skipped = mulDivRound(spanSamples(spec).start, 1_000_000, spec.sampleRate);
  const deep = originMicros - containerStartMicros + skipped;
  const seek =
    deep > SEEK_AFTER_MICROS && EXACT_DEMUXERS.includes(demuxer)
      ? ['-noaccurate_seek', '-ss', secondsText(deep - RUN_UP_MICROS)]
      : [];
  return { argv: [...fence({ url, demuxer }), '-copyts', ...seek, '-i', url], conformed: false };
}

/** PCM that `conformArgv` wrote, on descriptor 3. */
export const PIPED_SOUND: SoundInput = {
  argv: ['-protocol_whitelist', 'pipe', '-f', 'nut', '-copyts', '-i', 'pipe:3'],
  conformed: true,
};

/**
 * Decodes a track into PCM of one rate and layout with the source's times, in NUT on descriptor 3. ffmpeg rebuilds its
 * filters when the source's rate or channels change on the way; here there is nothing in them to be forgotten.
 */
export function conformArgv(spec: EncodeAudioSpec, input: SoundInput): string[] {
  const { sampleRate, source } = spec;
  const last = lastSample(spec);
  const end =
    last === null
      ? []
      : [
          `atrim=end=${secondsText(source.originMicros + mulDivRound(last, 1_000_000, sampleRate) + RUN_OUT)}`,
        ];
  return [
    ...[...QUIET, ...input.argv],
    ...['-filter_complex', `[0:a:${spec.audio.index}]${[conform(spec, spec.audio), ...end].join(',')}[a]`],
    ...['-map', '[a]', '-c:a', 'pcm_f32le', ...STRIPPED, '-avoid_negative_ts', 'disabled'],
    ...['-f', 'nut', 'pipe:3'],
  ];
}

/** Sound decoded past the end, so that the cut itself is made where times count from zero. */
const RUN_OUT = 100_000;

/**
 * Filters from the input to the track's samples: `[a]`, with sample 0 at time zero of the job; of a span those that are
 * encoded for it, where they lie on the track. `further` follow.
 */
export function soundGraph(spec: EncodeAudioSpec, input: SoundInput, further: readonly string[]): string {
  const { sampleRate, channels, audio, pairedWith } = spec;
  const skipped = spanSamples(spec).start;
  const last = lastSample(spec);
  const rest = [
    ...(last === null ? [] : [`atrim=end_sample=${last - skipped}`]),
    ...(skipped > 0 ? [`asetpts=PTS+${skipped}`] : []),
    ...further,
    `aformat=sample_fmts=fltp:sample_rates=${sampleRate}:channel_layouts=${LAYOUTS[channels]}`,
  ].join(',');
  if (input.conformed) return `[0:a:0]${timed(spec)},${rest}[a]`;
  if (!pairedWith) return `[0:a:${audio.index}]${conform(spec, audio)},${timed(spec)},${rest}[a]`;
  const whole = `apad=whole_len=${mulDivRound(spec.durationMicros, sampleRate, 1_000_000)}`;
  const ear = (stream: AudioStreamInfo, name: string) =>
    `[0:a:${stream.index}]${conform({ ...spec, channels: 1 }, stream)},${timed(spec)},${whole}[${name}]`;
  const join = 'join=inputs=2:channel_layout=stereo:map=0.0-FL|1.0-FR';
  return `${ear(audio, 'left')};${ear(pairedWith, 'right')};[left][right]${join},${rest}[a]`;
}

/** Sample of the track before which the sound is cut off, or null where it ends by itself. */
function lastSample(spec: EncodeAudioSpec): number | null {
  const { endMicros, sampleRate } = spec;
  const trim = endMicros === null ? null : mulDivRound(endMicros, sampleRate, 1_000_000);
  const { end } = spanSamples(spec);
  return trim === null || end === null ? (trim ?? end) : Math.min(trim, end);
}

/** One rate, format and layout. Where channels are mixed, no mix is louder than full scale. */
function conform({ sampleRate, channels }: EncodeAudioSpec, stream: AudioStreamInfo): string {
  const unnamed = stream.channels > MAX_NAMED_CHANNELS;
  return [
    ...(unnamed ? ['pan=stereo|c0=c0|c1=c1'] : []),
    `aresample=${sampleRate}:rematrix_maxval=1`,
    `aformat=sample_fmts=fltp:sample_rates=${sampleRate}:channel_layouts=${LAYOUTS[channels]}`,
  ].join(',');
}

/** What lies before time zero, or before the span, is cut off; silence fills a late start, and gaps. */
function timed(spec: EncodeAudioSpec): string {
  const { source, sampleRate } = spec;
  const origin = mulDivRound(source.originMicros, sampleRate, 1_000_000) + spanSamples(spec).start;
  return [
    `asettb=1/${sampleRate}`,
    `asetpts=PTS${origin < 0 ? '+' : '-'}${Math.abs(origin)}`,
    `aresample=${sampleRate}:async=1:min_comp=${MIN_DRIFT_SECONDS.toFixed(5)}:min_hard_comp=${MAX_DRIFT_SECONDS}:first_pts=0`,
  ].join(',');
}
