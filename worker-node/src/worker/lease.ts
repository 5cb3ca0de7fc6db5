import type { Clock } from '../clock/clock.ts';

/** An attempt's right to its task, as the worker may believe in it. */
export interface Lease {
  readonly ttlMs: number;
  /** The edge confirmed a report that was sent at this monotonic time: the lease lasts one TTL from then. */
  confirm(sentAt: number): void;
  expired(): boolean;
  /** Monotonic time of its end. */
  deadline(): number;
  /** Fires when the lease has expired, never after `end`. */
  readonly signal: AbortSignal;
  end(): void;
}

/**
 * Counts from the moment a confirmed report was *sent*: the edge's own count began later, so it ends later. Once
 * expired it stays expired, whatever answers are still under way.
 */
export function createLease(clock: Clock, ttlMs: number, deadline: number): Lease {
  const controller = new AbortController();
  let takeBackTimer = watch();

  function watch(): () => void {
    return clock.setTimer(deadline - clock.monotonic(), () => controller.abort());
  }

  function expired(): boolean {
    return controller.signal.aborted || clock.monotonic() >= deadline;
  }

  return {
    ttlMs,
    signal: controller.signal,
    expired,
    deadline: () => deadline,
    confirm(sentAt) {
      if (expired() || sentAt + ttlMs <= deadline) return;
      deadline = sentAt + ttlMs;
      takeBackTimer();
      takeBackTimer = watch();
    },
    end: () => takeBackTimer(),
  };
}
