import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { makeLoad } from './load.ts';

/* The client's side of the load, in a thread of its own: the stand-ins for Neon and Upstash live in the main one. */

const { apiUrl } = z.object({ apiUrl: z.string() }).parse(workerData);
const order = z.object({
  call: z.object({
    method: z.enum(['GET', 'POST']),
    path: z.string(),
    body: z.string().nullable(),
    keyed: z.boolean(),
  }),
  connections: z.int(),
  requests: z.int(),
});

parentPort?.on('message', async (message: unknown) => {
  const { call, ...size } = order.parse(message);
  const result = await makeLoad(apiUrl, call, size).catch((error: unknown) => ({ error: String(error) }));
  parentPort?.postMessage(result);
});
