import type { Random } from './clock.ts';

const BASE_MS = 100;
const CAP_MS = 2_000;

/** Milliseconds to wait before trying again after the n-th failure in a row (from 1): jittered below an exponential cap. */
export function backoffMs(failures: number, random: Random, capMs = CAP_MS): number {
  const ceiling = Math.min(capMs, BASE_MS * 2 ** Math.min(failures, 10));
  return ceiling / 2 + random() * (ceiling / 2);
}
