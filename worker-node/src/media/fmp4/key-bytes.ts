import type { Sample } from './fragment-reader.ts';

/** Bytes from the beginning of a segment to the end of its first sample: what an I-frame playlist asks for. */
export function keyBytes(segment: Buffer, samples: readonly Sample[]): number {
  const rest = samples.slice(1).reduce((sum, sample) => sum + sample.data.length, 0);
  return segment.length - rest;
}
