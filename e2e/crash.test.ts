import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Service } from '../deploy/local/stack/service.ts';
import { makeClip, probe } from './media.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { completed, finish, submit } from './transcode.ts';

/* Processes die in the middle of their work; the job does not notice more than a delay. */

const RECOVERY_LIMIT_MS = 40_000;
const SECONDS = 40;
/** A slow preset: a chunk takes long enough to be interrupted. Each test encodes the same clip anew. */
const SLOW = { renditions: [{ height: 480 }, { height: 240 }], preset: 'slow', reuse: false };

let t: TestStack;
let clip: string;

beforeAll(async () => {
  t = await startTestStack({ workers: 2 });
  clip = await makeClip(path.join(t.folder, 'long.mp4'), [
    ...['-f', 'lavfi', '-i', `testsrc2=s=854x480:r=25:d=${SECONDS},noise=alls=12:allf=t`],
    ...['-f', 'lavfi', '-i', `sine=f=440:r=48000:d=${SECONDS}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '34', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
  ]);
});
afterAll(() => t?.stop());

beforeEach(async () => {
  await t.stack.bridge.start();
  await t.stack.redis.start();
  for (const worker of t.stack.workers) await worker.start();
});

interface ChunkRow {
  id: string;
  state: string;
  attempt: number;
  worker_id: string;
  machine_id: string;
}

async function chunks(jobId: string): Promise<ChunkRow[]> {
  return t.rows<ChunkRow>(
    `select id, state, attempt, worker_id, machine_id from tasks
     where job_id = $1 and kind = 'encode-video' order by rank`,
    [jobId],
  );
}

/** A chunk after the first that a worker is encoding right now: it has begun, and is not about to end. */
async function chunkUnderWay(jobId: string): Promise<ChunkRow> {
  return until(async () => {
    const [row] = await t.rows<ChunkRow>(
      `select id, state, attempt, worker_id, machine_id from tasks
       where job_id = $1 and kind = 'encode-video' and rank > 100 and state = 'running' and started
         and started_at > now() - interval '1 second' limit 1`,
      [jobId],
    );
    return row;
  }, 60_000);
}

test('kill -9 of a worker in the middle of a chunk: the chunk is tried again, one result is visible', async () => {
  const { id } = await submit(t, clip, SLOW);
  const victim = await chunkUnderWay(id);
  const worker = t.stack.workers.find((candidate) => candidate.name === victim.machine_id);
  const killedAt = performance.now();
  await worker?.kill();
  await until(async () => {
    const row = (await chunks(id)).find((chunk) => chunk.id === victim.id);
    return row && row.attempt === 2 && row.state !== 'ready' ? row : undefined;
  }, RECOVERY_LIMIT_MS);
  expect(performance.now() - killedAt).toBeLessThan(RECOVERY_LIMIT_MS);

  const job = completed(await finish(t.api, id));
  const tried = await chunks(id);
  expect(tried.find((chunk) => chunk.id === victim.id)).toMatchObject({ state: 'done', attempt: 2 });
  await expectWhole(job.id, job.renditions[0]?.output_key ?? '');
});

test('kill -9 of the bridge: workers find its successor and go on', async () => {
  const { id } = await submit(t, clip, SLOW);
  await chunkUnderWay(id);
  await t.stack.bridge.kill();
  await t.stack.bridge.start();
  const job = completed(await finish(t.api, id));
  // A claim or a `started` that the bridge took with it comes back after 5 s, and costs nothing: nothing had begun.
  const begun = await t.rows<{ outcome: string }>(
    `select tried ->> 'outcome' as outcome from tasks, jsonb_array_elements(attempts) tried
     where job_id = $1 and kind = 'encode-video' and tried ->> 'started_at' is not null`,
    [id],
  );
  expect(begun.map(({ outcome }) => outcome)).toEqual((await chunks(id)).map(() => 'completed'));
  await expectWhole(job.id, job.renditions[0]?.output_key ?? '');
});

test('a Redis that forgets everything, and then one that is gone, change nothing but speed', async () => {
  const { id } = await submit(t, clip, SLOW);
  await chunkUnderWay(id);
  await flush(t.stack.redisUrl);
  expect((await t.api.readJob(id)).status).toBe('processing');
  await t.stack.redis.kill();
  expect((await t.api.readJob(id)).status).toBe('processing');
  const job = completed(await finish(t.api, id));
  await t.stack.redis.start();
  expect(await t.api.readJob(id)).toEqual(job);
  await expectWhole(job.id, job.renditions[0]?.output_key ?? '');
});

test('a drained worker hands its chunk back: nothing is spent, nothing waits for a lease', async () => {
  const { id } = await submit(t, clip, SLOW);
  const victim = await chunkUnderWay(id);
  await t.stack.workers.find((candidate) => candidate.name === victim.machine_id)?.stop();
  const [row] = await t.rows<{ failures: number; silent_deaths: number; outcomes: string[] }>(
    `select failures, silent_deaths, array(select a ->> 'outcome' from jsonb_array_elements(attempts) a) as outcomes
     from tasks where id = $1`,
    [victim.id],
  );
  expect(row).toMatchObject({ failures: 0, silent_deaths: 0 });
  expect(row?.outcomes[0]).toBe('released');
  completed(await finish(t.api, id));
});

test('the chunks of one job run on both workers, in rows and in metrics', async () => {
  const { id } = await submit(t, clip, SLOW);
  completed(await finish(t.api, id));
  expect(new Set((await chunks(id)).map((chunk) => chunk.machine_id))).toEqual(
    new Set(['worker-1', 'worker-2']),
  );
  for (const worker of t.stack.workers) {
    const done = await metric(worker, 'tasks_total{kind="encode-video",outcome="completed"}');
    expect(done).toBeGreaterThan(0);
  }
});

test('cancel reaches a running ffmpeg within two heartbeats', async () => {
  const { id } = await submit(t, clip, SLOW);
  await chunkUnderWay(id);
  const canceled = await fetch(`${t.stack.apiUrl}/jobs/${id}/cancel`, { method: 'POST' });
  expect(canceled.status).toBe(200);
  await until(async () => {
    const busy = await Promise.all(t.stack.workers.map((worker) => metric(worker, 'worker_slots_busy')));
    return busy.every((slots) => slots === 0) ? true : undefined;
  }, 20_000);
  expect((await t.api.readJob(id)).status).toBe('canceled');
});

/** Empties Redis, by its inline protocol. */
async function flush(redisUrl: string): Promise<void> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(5_000, () => socket.destroy(new Error('Redis does not answer')));
  try {
    socket.write('FLUSHALL\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toBe('+OK\r\n');
  } finally {
    socket.destroy();
  }
}

/** The value of one series. Throws when the worker does not expose it. */
async function metric(worker: Service, series: string): Promise<number> {
  const text = await (await fetch(worker.metricsUrl ?? '')).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  if (!line) throw new Error(`${worker.name} does not expose ${series}:\n${text}`);
  return Number(line.slice(series.length));
}

async function expectWhole(jobId: string, outputKey: string): Promise<void> {
  const rows = await t.rows<{ track: string; numbers: number[]; frames: string }>(
    `select track, array_agg(number order by number) as numbers, sum(length) as frames
     from segments where job_id = $1 and track like '%p' group by track`,
    [jobId],
  );
  expect(rows).toHaveLength(2);
  for (const { numbers, frames } of rows) {
    expect(numbers).toEqual([...numbers.keys()]);
    expect(Number(frames)).toBe(SECONDS * 25);
  }
  expect((await probe(await t.api.signDownload(outputKey))).frames).toBe(SECONDS * 25);
}

async function until<T>(look: () => Promise<T | undefined>, limitMs: number): Promise<T> {
  let found: T | undefined;
  await expect
    .poll(
      async () => {
        found = await look();
        return found !== undefined;
      },
      { timeout: limitMs, interval: 50 },
    )
    .toBe(true);
  if (found === undefined) throw new Error('unreachable: the poll has passed');
  return found;
}
