/** Holds the newest of the values that were offered; whoever waits is woken by the next. */
export interface LatestValue<T> {
  offer(value: T): void;
  /** What was offered last and not taken yet; null when nothing comes within the time, or the signal ends the wait. */
  take(withinMs: number, signal: AbortSignal): Promise<T | null>;
}

export function latestValue<T>(): LatestValue<T> {
  let waiting: { value: T } | null = null;
  let wake = () => {};
  return {
    offer(value) {
      waiting = { value };
      wake();
    },
    async take(withinMs, signal) {
      if (!waiting && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, withinMs);
          wake = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          signal.addEventListener('abort', wake, { once: true });
        });
        signal.removeEventListener('abort', wake);
      }
      const taken = waiting?.value ?? null;
      waiting = null;
      return taken;
    },
  };
}
