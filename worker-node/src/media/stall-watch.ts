import type { Clock } from '../clock/clock.ts';

/** Notices that nothing has moved for too long. */
export interface StallWatch {
  /** Something moved. */
  moved(): void;
  stop(): void;
}

/** Calls `onStall` once when `moved` was not called for `limitMs`. */
export function stallWatch(clock: Clock, limitMs: number, onStall: () => void): StallWatch {
  let lastMove = clock.monotonic();
  let takeBack = () => {};
  const check = () => {
    const left = lastMove + limitMs - clock.monotonic();
    if (left <= 0) onStall();
    else takeBack = clock.setTimer(left, check);
  };
  takeBack = clock.setTimer(limitMs, check);
  return {
    moved() {
      lastMove = clock.monotonic();
    },
    stop: () => takeBack(),
  };
}
