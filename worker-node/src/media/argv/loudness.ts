import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { QUIET } from './input.ts';
import { type SoundInput, soundGraph } from './sound.ts';

/** What a track is made louder or softer by. */
export interface Gain {
  db: number;
  /** Peaks above `PEAK_CEILING_DB` are held back. */
  limited: boolean;
}

/** True peak before the encoder, in dBTP: coding adds up to one and a half, and -1 is what players should get. */
export const PEAK_CEILING_DB = -3;

/** Where peaks between samples are samples too. */
const OVERSAMPLED_HZ = 192_000;

/** Filters that apply a gain. */
export function gainFilters({ sampleRate }: EncodeAudioSpec, gain: Gain | null): string[] {
  if (!gain) return [];
  const volume = `volume=${gain.db.toFixed(3)}dB:precision=float`;
  if (!gain.limited) return [volume];
  const limit = (10 ** (PEAK_CEILING_DB / 20)).toFixed(6);
  return [
    volume,
    `aresample=${OVERSAMPLED_HZ}`,
    `alimiter=limit=${limit}:level=false:latency=true`,
    `aresample=${sampleRate}`,
  ];
}

/**
 * Measures a track by EBU R128 as it would go into the encoder. What has been heard so far is written every 100 ms:
 * integrated loudness on one descriptor, true peak on the next.
 */
export function measureLoudnessArgv(spec: EncodeAudioSpec, input: SoundInput, gain: Gain | null): string[] {
  const first = input.conformed ? 4 : 3;
  const print = (key: string, descriptor: number) =>
    `ametadata=mode=print:key=${key}:file='pipe\\:${descriptor}'`;
  const measure = [
    'ebur128=peak=true:metadata=1:framelog=verbose',
    print(LOUDNESS_KEY, first),
    print(PEAK_KEY, first + 1),
  ];
  return [
    ...[...QUIET, ...input.argv],
    ...['-filter_complex', soundGraph(spec, input, [...gainFilters(spec, gain), ...measure]), '-map', '[a]'],
    ...['-f', 'null', '-'],
  ];
}

/** LUFS; -70 where nothing was loud enough to count. */
export const LOUDNESS_KEY = 'lavfi.r128.I';
/** Of all channels, as a share of full scale. */
export const PEAK_KEY = 'lavfi.r128.true_peak';
