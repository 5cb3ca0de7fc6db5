import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { AUDIO_ENCODINGS } from '../audio-encodings.ts';
import { QUIET, STRIPPED } from './input.ts';
import { type Gain, gainFilters } from './loudness.ts';
import { type SoundInput, soundGraph } from './sound.ts';

/** The whole track, once, in fragments of half a second on the first free descriptor. Sample 0 is time zero of the job. */
export function encodeAudioArgv(spec: EncodeAudioSpec, input: SoundInput, gain: Gain | null): string[] {
  const { sampleRate, channels, bitrateKbps } = spec;
  const { encoder } = AUDIO_ENCODINGS[spec.codec];
  return [
    ...[...QUIET, ...input.argv],
    ...['-filter_complex', soundGraph(spec, input, gainFilters(spec, gain)), '-map', '[a]'],
    ...['-c:a', encoder, '-b:a', `${bitrateKbps}k`, '-ar', String(sampleRate), '-ac', String(channels)],
    ...STRIPPED,
    ...['-avoid_negative_ts', 'disabled', '-output_ts_offset', String(BASE_SECONDS)],
    ...['-movflags', '+empty_moov+default_base_moof+frag_discont+skip_trailer', '-frag_duration', '500000'],
    ...['-use_editlist', '0', '-f', 'mp4', input.conformed ? 'pipe:4' : 'pipe:3'],
  ];
}
