/** What a program that a Ctrl-C ended exits with. */
export const interruptedExitCode = 130;

/**
 * Aborted when somebody wants the program to end: Ctrl-C, SIGTERM, the terminal's end, or the end of the
 * program that started us. `force` is called when a signal comes again.
 */
export function stopRequest(force: () => void): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => (controller.signal.aborted ? force() : controller.abort());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal);
  process.once('disconnect', () => controller.abort());
  process.channel?.unref();
  return controller.signal;
}

/** Resolves once the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
