import type { Context as HonoContext } from 'hono';
import type { SSEStreamingApi } from 'hono/streaming';
import { whileAllowed } from '../auth/while-allowed.ts';
import { Refusal } from '../refusal.ts';
import type { RestEnv } from './rest-env.ts';

/** Keeps proxies from closing a quiet stream. */
const COMMENT_EVERY_MS = 15_000;
/** Clients come again after the end with their Last-Event-ID, as `EventSource` does by itself. */
const COME_AGAIN_MS = 1_000;

type Allowed = <T>(watch: (signal: AbortSignal) => AsyncIterable<T>) => AsyncGenerator<T>;

/** Runs what sends server-sent events until the client leaves or may watch no longer. */
export async function sendWhileAllowed(
  c: HonoContext<RestEnv>,
  sse: SSEStreamingApi,
  send: (allowed: Allowed) => Promise<void>,
): Promise<void> {
  const left = new AbortController();
  sse.onAbort(() => left.abort());
  const watcher = { headers: c.req.raw.headers, scope: 'jobs:read', signal: left.signal } as const;
  const comments = setInterval(() => void sse.write(': still here\n\n'), COMMENT_EVERY_MS);
  try {
    await sse.write(`retry: ${COME_AGAIN_MS}\n\n`);
    await send((watch) => whileAllowed(c.env.context, watcher, watch));
  } catch (error) {
    // The client comes again and is told then.
    if (!(error instanceof Refusal)) throw error;
  } finally {
    clearInterval(comments);
  }
}
