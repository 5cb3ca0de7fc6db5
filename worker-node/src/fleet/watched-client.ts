import { TimedOut } from '../clock/within.ts';
import type { CallOptions, FleetClient } from './fleet-client.ts';

/** A client that knows whether its other side answers. */
export interface WatchedClient extends FleetClient {
  /** `unknown` before the first call ended; a call that was withdrawn says nothing. */
  state(): 'unknown' | 'answers' | 'fails';
}

export function createWatchedClient(client: FleetClient): WatchedClient {
  let state: ReturnType<WatchedClient['state']> = 'unknown';

  async function watch<T>(options: CallOptions | undefined, answer: Promise<T>): Promise<T> {
    try {
      const value = await answer;
      state = 'answers';
      return value;
    } catch (error) {
      const signal = options?.signal;
      if (!signal?.aborted || signal.reason instanceof TimedOut) state = 'fails';
      throw error;
    }
  }

  return {
    state: () => state,
    claimTasks: (request, options) => watch(options, client.claimTasks(request, options)),
    report: (request, options) => watch(options, client.report(request, options)),
    signUrls: (request, options) => watch(options, client.signUrls(request, options)),
  };
}
