import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';

/** One kind of call, as plain data: it is sent to the thread that makes the load. */
export interface Call {
  method: 'GET' | 'POST';
  path: string;
  /** JSON. */
  body: string | null;
  /** With an Idempotency-Key of its own each time. */
  keyed: boolean;
}

export interface LoadResult {
  /** Of each request, from sending it to the last byte of its answer. */
  latenciesMs: number[];
  elapsedMs: number;
}

/** Keeps so many connections busy, each with one call after the other. Throws at the first answer that is no success. */
export async function makeLoad(
  apiUrl: string,
  call: Call,
  { connections, requests }: { connections: number; requests: number },
): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  let begun = 0;
  const work = async () => {
    while (begun < requests) {
      begun += 1;
      const sentAt = performance.now();
      await send(agent, apiUrl, call);
      latenciesMs.push(performance.now() - sentAt);
    }
  };
  const startedAt = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, work));
    return { latenciesMs, elapsedMs: performance.now() - startedAt };
  } finally {
    agent.destroy();
  }
}

function send(agent: Agent, apiUrl: string, { method, path, body, keyed }: Call): Promise<void> {
  const headers = {
    ...(body === null
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    ...(keyed ? { 'idempotency-key': randomUUID() } : {}),
  };
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, apiUrl), { agent, method, headers, timeout: 60_000 });
    sent.once('timeout', () => sent.destroy(new Error(`${method} ${path} had no answer within a minute`)));
    sent.once('error', reject);
    sent.once('response', (answer) => {
      const status = answer.statusCode ?? 0;
      text(answer).then((said) => {
        if (status >= 200 && status < 300) resolve();
        else reject(new Error(`${method} ${path} was answered with ${status}: ${said.slice(0, 300)}`));
      }, reject);
    });
    sent.end(body ?? undefined);
  });
}
