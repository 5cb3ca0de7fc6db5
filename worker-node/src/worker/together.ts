/**
 * Runs what belongs together: the first failure ends the others, as `outer` does, and nothing goes on in the background
 * when this has ended. Throws that first failure.
 */
export async function together<T extends readonly Promise<unknown>[]>(
  outer: AbortSignal,
  begin: (signal: AbortSignal) => readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const running = begin(signal);
  for (const one of running) one.catch((error: unknown) => stop.abort(error));
  await Promise.allSettled(running);
  signal.throwIfAborted();
  return Promise.all(running);
}
