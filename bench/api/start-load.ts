import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import type { Call, LoadResult } from './load.ts';

const answer = z.union([
  z.object({ latenciesMs: z.array(z.number()), elapsedMs: z.number() }),
  z.object({ error: z.string() }),
]);

export interface Load {
  /** One after the other, never side by side. */
  make(order: { call: Call; connections: number; requests: number }): Promise<LoadResult>;
  stop(): Promise<void>;
}

/** The load on an API, made by a thread. */
export function startLoad(apiUrl: string): Load {
  const thread = new Worker(new URL('./load-thread.ts', import.meta.url), { workerData: { apiUrl } });
  return {
    async make(order) {
      thread.postMessage(order);
      const [message] = await once(thread, 'message');
      const result = answer.parse(message);
      if ('error' in result) throw new Error(result.error);
      return result;
    },
    async stop() {
      await thread.terminate();
    },
  };
}
