import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock/clock.ts';
import { createSystemClock } from '../clock/system-clock.ts';

/** A clock beside real I/O that does not sleep: it moves on by as much. Timers and all other time are real. */
export function createImpatientClock(): Clock {
  const real = createSystemClock();
  let skippedMs = 0;
  return {
    ...real,
    now: () => real.now() + skippedMs,
    monotonic: () => real.monotonic() + skippedMs,
    async sleep(ms, signal) {
      await setImmediate();
      signal?.throwIfAborted();
      skippedMs += ms;
    },
  };
}
