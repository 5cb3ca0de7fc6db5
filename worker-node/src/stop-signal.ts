import type { Logger } from './logger.ts';

/**
 * Fires with the first SIGTERM or SIGINT: everything the process runs ends by this one signal. The second one ends the
 * process where it stands; child processes are killed on exit by those who started them.
 */
export function stopSignal(log: Logger): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(1);
      log.info({ signal: name }, 'stopping');
      controller.abort(new Error(`stopped by ${name}`));
    });
  }
  return controller.signal;
}
