import type { Clock } from './clock.ts';

/** A call that was given up because its time was over. It may still have had its effect. */
export class TimedOut extends Error {
  override name = 'TimedOut';
}

/**
 * Runs a call that ends: the limit and `signal` both abort it, and the wait ends then even if the call ignores its
 * signal. Rejects with `TimedOut`, with the signal's reason, or with the call's own error.
 */
export function within<T>(
  clock: Clock,
  limitMs: number,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const controller = new AbortController();
    const giveUp = (reason: unknown) => {
      stopWaiting();
      reject(reason);
      controller.abort(reason);
    };
    const onAbort = () => giveUp(signal?.reason);
    const takeBack = clock.setTimer(limitMs, () => giveUp(new TimedOut(`no answer within ${limitMs} ms`)));
    const stopWaiting = () => {
      takeBack();
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    call(controller.signal).then(
      (value) => {
        stopWaiting();
        resolve(value);
      },
      (error) => {
        stopWaiting();
        reject(error);
      },
    );
  });
}
