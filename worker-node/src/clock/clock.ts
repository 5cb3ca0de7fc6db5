/** Time as the fleet's logic sees it. Everything that waits goes through one of these, so that tests can own time. */
export interface Clock {
  /** Milliseconds since 1970, for people and for comparing with other machines. */
  now(): number;
  /** Milliseconds that only move forward, for deadlines. */
  monotonic(): number;
  /** Rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Returns a function that takes the timer back; calling it again, or late, is harmless. */
  setTimer(ms: number, fire: () => void): () => void;
}

/** A number in [0, 1). */
export type Random = () => number;

/** `sleep` for a clock that has `setTimer`. */
export function sleepWith(
  setTimer: Clock['setTimer'],
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = setTimer(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
