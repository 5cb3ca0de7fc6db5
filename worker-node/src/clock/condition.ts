import type { Clock } from './clock.ts';

/** Something that loops wait for. Check what you wait for first, then wait: nothing can happen in between. */
export interface Condition {
  /** Wakes everyone who waits now. */
  notify(): void;
  /** Ends with the next `notify`, after `ms` (null: never), or when the signal aborts. Never rejects. */
  wait(ms: number | null, signal?: AbortSignal): Promise<void>;
}

export function createCondition(clock: Clock): Condition {
  let waiting = new Set<() => void>();
  return {
    notify() {
      const wake = waiting;
      waiting = new Set();
      for (const end of wake) end();
    },
    wait(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) {
          resolve();
          return;
        }
        const end = () => {
          waiting.delete(end);
          takeBack?.();
          signal?.removeEventListener('abort', end);
          resolve();
        };
        const takeBack = ms === null ? null : clock.setTimer(ms, end);
        waiting.add(end);
        signal?.addEventListener('abort', end, { once: true });
      });
    },
  };
}
