import { TimedOut } from '../clock/within.ts';
import type { FleetClient } from './fleet-client.ts';
import { isTransient } from './is-transient.ts';

/**
 * Several bridges as one. Calls go to the same bridge while it answers; when one cannot be reached, the next call goes
 * to the one after it. Nothing is repeated here: the callers know what may be repeated.
 */
export function createFailoverClient(bridges: readonly [FleetClient, ...FleetClient[]]): FleetClient {
  let current = 0;

  async function call<T>(
    signal: AbortSignal | undefined,
    send: (bridge: FleetClient) => Promise<T>,
  ): Promise<T> {
    const used = current;
    const leave = () => {
      if (current === used) current = (used + 1) % bridges.length;
    };
    const onAbort = () => {
      if (signal?.reason instanceof TimedOut) leave();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await send(bridges[used] ?? bridges[0]);
    } catch (error) {
      if (isTransient(error) && !signal?.aborted) leave();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  return {
    claimTasks: (request, options) => call(options?.signal, (bridge) => bridge.claimTasks(request, options)),
    report: (request, options) => call(options?.signal, (bridge) => bridge.report(request, options)),
    signUrls: (request, options) => call(options?.signal, (bridge) => bridge.signUrls(request, options)),
  };
}
