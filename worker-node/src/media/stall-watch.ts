import type { Clock } from '../clock/clock.ts';

/** Notices that nothing has moved for too long. */
export interface StallWatch {
  /** Something moved. */
  moved(): void;
  /** Somebody else's work: the time it takes does not count. */
  pausedDuring(work: () => Promise<void> | void): Promise<void>;
  stop(): void;
}

/** Calls `onStall` once when nothing moved for `limitMs` in which it could. */
export function stallWatch(clock: Clock, limitMs: number, onStall: () => void): StallWatch {
  let lastMove = clock.monotonic();
  let pauses = 0;
  let takeBack = () => {};
  const moved = () => {
    lastMove = clock.monotonic();
  };
  const check = () => {
    if (pauses > 0) moved();
    const left = lastMove + limitMs - clock.monotonic();
    if (left <= 0) onStall();
    else takeBack = clock.setTimer(left, check);
  };
  takeBack = clock.setTimer(limitMs, check);
  return {
    moved,
    async pausedDuring(work) {
      pauses += 1;
      try {
        await work();
      } finally {
        pauses -= 1;
        moved();
      }
    },
    stop: () => takeBack(),
  };
}
