import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { fence, QUIET, STRIPPED } from './input.ts';

/** Gaps and overlaps longer than this are filled or cut; shorter ones are the container's rounding. */
const MAX_DRIFT_SECONDS = 0.015;

export function audioInput(spec: EncodeAudioSpec, url: string): string[] {
  return [...fence({ url, demuxer: spec.source.demuxer }), '-copyts', '-i', url];
}

/** The whole track, once, as AAC in fragments of half a second on descriptor 3. Sample 0 is time zero of the job. */
export function encodeAudioArgv(spec: EncodeAudioSpec, url: string): string[] {
  const { sampleRate, channels } = spec;
  return [
    ...QUIET,
    ...audioInput(spec, url),
    ...['-filter_complex', `[0:a:${spec.audio.index}]${audioFilter(spec)}[a]`, '-map', '[a]'],
    ...['-c:a', 'aac', '-b:a', `${spec.bitrateKbps}k`, '-ar', String(sampleRate), '-ac', String(channels)],
    ...STRIPPED,
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', String(BASE_SECONDS)],
    ...['-movflags', '+empty_moov+default_base_moof+frag_discont+skip_trailer', '-frag_duration', '500000'],
    ...['-use_editlist', '0', '-f', 'mp4', 'pipe:3'],
  ];
}

function audioFilter(spec: EncodeAudioSpec): string {
  const { sampleRate, channels } = spec;
  const origin = mulDivRound(spec.source.originMicros, spec.audio.sampleRate, 1_000_000);
  const layout = channels === 1 ? 'mono' : 'stereo';
  return [
    `asettb=1/${spec.audio.sampleRate}`,
    `asetpts=PTS${origin < 0 ? '+' : '-'}${Math.abs(origin)}`,
    `aresample=${sampleRate}:async=1:min_hard_comp=${MAX_DRIFT_SECONDS}:first_pts=0`,
    `aformat=sample_fmts=fltp:sample_rates=${sampleRate}:channel_layouts=${layout}`,
  ].join(',');
}
