const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Waits between the attempts at one delivery: eleven attempts within a day. */
const WAITS_MS = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  6 * HOUR,
  10 * HOUR,
];

/** As much of a wait is left to chance, so that what failed together does not come back together. */
const JITTER = 0.2;

/**
 * How long to wait after a failed attempt; null when it was the last.
 *
 * @param attempts Attempts so far, the failed one included.
 * @param fraction Random, in [0, 1).
 */
export function retryDelayMs(attempts: number, fraction: number): number | null {
  const wait = WAITS_MS[attempts - 1];
  return wait === undefined ? null : Math.round(wait * (1 - JITTER * fraction));
}
