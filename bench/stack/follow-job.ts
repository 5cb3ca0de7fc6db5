import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchApi, BenchJob } from './bench-api.ts';

const LONGEST_MS = 30 * 60_000;
const AGAIN_MS = 500;

/**
 * Waits for a moment of a job and returns how it was then. Listens to the job's stream: asking again and again would be
 * load of our own. Throws when the job ends without that moment, or after half an hour.
 */
export async function followJob(
  api: BenchApi,
  id: string,
  isReached: (job: BenchJob) => boolean,
): Promise<BenchJob> {
  const limit = AbortSignal.timeout(LONGEST_MS);
  for (;;) {
    const found = await listenOnce(api, id, isReached, limit);
    if (found) return found;
    // A stream has an end of its own.
    await sleep(AGAIN_MS, undefined, { signal: limit });
  }
}

/** Null when the stream ends first. */
async function listenOnce(
  api: BenchApi,
  id: string,
  isReached: (job: BenchJob) => boolean,
  limit: AbortSignal,
): Promise<BenchJob | null> {
  const closed = new AbortController();
  const response = await api.openEvents(id, AbortSignal.any([limit, closed.signal]));
  try {
    for await (const event of eventNames(response.body ?? [])) {
      if (event === 'progress') continue;
      const job = await api.readJob(id);
      if (isReached(job)) return job;
      if (job.status === 'failed' || job.status === 'canceled' || job.status === 'completed') {
        throw new Error(`the job is ${job.status}: ${job.error?.code ?? ''} ${job.error?.message ?? ''}`);
      }
    }
    return null;
  } finally {
    closed.abort();
  }
}

/** The type of each server-sent event as it arrives. */
export async function* eventNames(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('event:')) yield line.slice('event:'.length).trim();
  }
}
