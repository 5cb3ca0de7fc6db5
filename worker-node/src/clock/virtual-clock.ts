import { type Clock, sleepWith } from './clock.ts';

/** A clock that moves only when it is told to. */
export interface VirtualClock extends Clock {
  /** Fires every timer that is due within `ms`, in order, letting promises settle after each. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** Moves from timer to timer until `done` holds. Throws when `limitMs` of virtual time is not enough. */
  advanceUntil(done: () => boolean, limitMs: number): Promise<void>;
  /** Timers that have neither fired nor been taken back. */
  pendingTimers(): number;
}

interface Timer {
  dueMs: number;
  order: number;
  fire: () => void;
}

export interface VirtualClockOptions {
  /** What `now` says at the beginning. */
  startMs?: number;
  /** Waits until nothing can happen without time moving. Replace it where real I/O takes part. */
  settle?: () => Promise<void>;
}

/** Timers that are due at the same moment fire in the order they were set, so a run is the same every time. */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { startMs = 0, settle = microtasksDone } = options;
  const timers = new Set<Timer>();
  let elapsedMs = 0;
  let order = 0;

  const setTimer: Clock['setTimer'] = (ms, fire) => {
    const timer = { dueMs: elapsedMs + Math.max(0, ms), order: order++, fire };
    timers.add(timer);
    return () => timers.delete(timer);
  };

  /** Fires the next timer due by `limit`, if there is one. */
  async function step(limit: number): Promise<boolean> {
    const timer = earliest(timers);
    if (!timer || timer.dueMs > limit) return false;
    timers.delete(timer);
    elapsedMs = Math.max(elapsedMs, timer.dueMs);
    timer.fire();
    await settle();
    return true;
  }

  return {
    now: () => startMs + elapsedMs,
    monotonic: () => elapsedMs,
    sleep: (ms, signal) => sleepWith(setTimer, ms, signal),
    setTimer,
    settle,
    pendingTimers: () => timers.size,
    async advance(ms) {
      const limit = elapsedMs + ms;
      await settle();
      while (await step(limit));
      elapsedMs = limit;
    },
    async advanceUntil(done, limitMs) {
      const limit = elapsedMs + limitMs;
      await settle();
      while (!done()) {
        if (!(await step(limit))) throw new Error(`not reached within ${limitMs} ms of virtual time`);
      }
    },
  };
}

function earliest(timers: ReadonlySet<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) {
      first = timer;
    }
  }
  return first;
}

/** A macrotask runs only when no microtask is left. */
function microtasksDone(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
