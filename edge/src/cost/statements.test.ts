import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { afterChange } from '../dispatch/after-change.ts';
import { relayNudges } from '../dispatch/relay.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { createJob, createJobs } from '../jobs/create-jobs.ts';
import { jobInput, MAX_BATCH } from '../jobs/job-input.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { readJob, readStoredJob } from '../status/read-job.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { claimTasks } from '../tasks/claim-tasks.ts';
import { failTask } from '../tasks/fail-task.ts';
import { type Beat, heartbeat } from '../tasks/heartbeat.ts';
import { releaseTask } from '../tasks/release-task.ts';
import { startTask } from '../tasks/start-task.ts';
import type { Fence } from '../tasks/transition.ts';
import { filmBytes } from '../testing/film-bytes.ts';
import {
  acceptedJob,
  analyzeFilm,
  claimStarted,
  completeClaimed,
  fenceOf,
  WORKER,
} from '../testing/job-driver.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { storeUpload } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { tableLine, tableOf } from './cost-table.ts';
import { type Cost, type CostCounter, countCost } from './count-cost.ts';

/* What every call costs, counted on the wire. docs/performance.md shows this table; the last test holds it to it. */

const document = path.resolve(import.meta.dirname, '../../../docs/performance.md');
const FILM = filmBytes(40);

let outside: TestContext;
let counter: CostCounter;
let client: RestClient;
const table: string[] = [];

beforeAll(async () => {
  outside = await openTestContext();
  counter = await countCost(outside.ctx, inject('services').redis);
  client = restClient(counter.ctx);
});
afterAll(async () => {
  await outside?.settled();
  await counter?.stop();
  await outside?.close();
});

/** Measures a call, notes it for the document, and says what it cost. */
async function cost(call: string, work: () => Promise<unknown>): Promise<Cost> {
  await outside.settled();
  const spent = await counter.costOf(work);
  table.push(tableLine(call, spent));
  return spent;
}

const request = {
  caller: { projectId: 'default', actor: 'test' },
  traceparent: null,
  requestId: null,
  origin: 'https://edge.test',
};
const create = (inputKey: string) =>
  createJob(counter.ctx, { ...request, job: jobInput.parse({ input_key: inputKey }) });

async function runningTask(): Promise<Fence> {
  const leaseToken = counter.ctx.random.uuid();
  const jobId = await seedJob(counter.ctx);
  const taskId = await seedTask(counter.ctx, jobId, { attempt: 1, leaseToken, started: true });
  return { taskId, attempt: 1, leaseToken };
}

const sqlOnly = (sql: number): Cost => ({ sql, redis: 0, storage: 0 });

test('each transition of a task is one statement, and planning three', async () => {
  await acceptedJob(counter.ctx);
  const [analyze] = await claimStarted(counter.ctx, 1);
  if (!analyze) throw new Error('analyze was not claimed');
  const plan = () => acceptResult(counter.ctx, analyzeFilm(analyze, 12));
  // What to plan, what earlier jobs have made, and all of the new tasks.
  expect(await cost('complete the analysis, and plan the job', plan)).toEqual(sqlOnly(3));
  let claimed: Awaited<ReturnType<typeof claimTasks>> = [];
  const claim = async () => {
    claimed = await claimTasks(counter.ctx, WORKER, 8);
  };
  expect(await cost('claim up to eight tasks', claim)).toEqual(sqlOnly(1));
  const poster = claimed.find((task) => task.spec.kind === 'poster');
  if (!poster) throw new Error('the poster was not claimed');
  expect(await cost('start', () => startTask(counter.ctx, fenceOf(poster)))).toEqual(sqlOnly(1));
  expect(await cost('complete', () => completeClaimed(counter.ctx, poster))).toEqual(sqlOnly(1));

  const failure = { code: 'worker_error', message: '', logTail: '' } as const;
  const failing = await runningTask();
  expect(await cost('fail', () => failTask(counter.ctx, { ...failing, ...failure }))).toEqual(sqlOnly(1));
  const releasing = await runningTask();
  const release = () => releaseTask(counter.ctx, { ...releasing, reason: 'drain' });
  expect(await cost('release', release)).toEqual(sqlOnly(1));
});

test('a heartbeat of a hundred attempts is one round trip', async () => {
  const fences: Fence[] = [];
  for (let n = 0; n < 100; n++) fences.push(await runningTask());
  const beats = fences.map((fence): Beat => ({ ...fence, workDone: 1, inits: [], segments: [] }));
  expect(await cost('heartbeat of 100 attempts', () => heartbeat(counter.ctx, beats))).toEqual(sqlOnly(1));
  const init = { track: '720p', sha256: 'sha', sizeBytes: 700, codecs: 'avc1', width: 2, height: 2 };
  const first = beats.map((beat) => ({ ...beat, inits: [init] }));
  const announce = () => heartbeat(counter.ctx, first);
  expect(await cost('… with initialisation segments: two statements, one batch', announce)).toEqual(
    sqlOnly(1),
  );
});

test('jobs are created with one statement, however many, and with two where storage must be asked', async () => {
  const { sourceKey } = await storeUpload(counter.ctx, { etag: '"e"' });
  expect(await cost('create a job on a confirmed upload', () => create(sourceKey))).toEqual(sqlOnly(1));

  const unconfirmed = `uploads/default/${counter.ctx.random.uuid()}/a.mp4`;
  await counter.ctx.storage.putOnce(unconfirmed, FILM, 'video/mp4');
  expect(await cost('create a job on an object that nobody confirmed', () => create(unconfirmed))).toEqual({
    ...sqlOnly(2),
    storage: 1,
  });

  const job = jobInput.parse({ input_key: sourceKey });
  const jobs = Array.from({ length: MAX_BATCH }, () => job);
  const batch = () => createJobs(counter.ctx, { ...request, jobs });
  expect(await cost(`create ${MAX_BATCH} jobs in a batch`, batch)).toEqual(sqlOnly(1));

  const keyed = async () => {
    const headers = { 'idempotency-key': counter.ctx.random.uuid() };
    const body = { input_key: sourceKey };
    expect((await client.send('POST', '/jobs', body, headers)).status).toBe(201);
    await outside.settled();
  };
  const created = await cost('`POST /jobs` with an Idempotency-Key, and all that follows it', keyed);
  // The key taken, the job, the answer kept; then nudges claimed and let go, webhooks looked for; the status cached.
  expect(created).toEqual({ sql: 6, redis: 1, storage: 0 });
});

test('reads', async () => {
  const jobId = await seedJob(counter.ctx, { status: 'completed' });
  const ref = { projectId: 'default', jobId };
  const cold = async () => {
    await readJob(counter.ctx, ref);
    await outside.settled();
  };
  expect(await cost('read a job that the cache does not know', cold)).toEqual({
    sql: 1,
    redis: 2,
    storage: 0,
  });
  await refreshStatus(counter.ctx, [jobId]);
  expect(await cost('read a job that it knows', () => client.get(`/jobs/${jobId}`))).toEqual({
    ...sqlOnly(0),
    redis: 1,
  });
  expect(await cost('a page of the list of jobs', () => client.get('/jobs?limit=20'))).toEqual(sqlOnly(1));
  const query = '{ jobs(limit: 20) { id status renditions { resolution outputKey } } }';
  const page = async () => {
    const answer = await client.send('POST', '/graphql', { query });
    expect(answer.text).not.toContain('errors');
  };
  expect(await cost('a page of them over GraphQL, with renditions', page)).toEqual(sqlOnly(1));
});

test('cancel and retry are one transaction each, sent as one', async () => {
  const ref = { projectId: 'default', jobId: await seedJob(counter.ctx), actor: 'test' };
  expect(await cost('cancel', () => cancelJob(counter.ctx, ref))).toEqual(sqlOnly(1));
  expect(await cost('retry', () => retryJob(counter.ctx, ref))).toEqual(sqlOnly(1));
});

test('an upload', async () => {
  const asked = '/upload-url?filename=a.mp4&content_type=video/mp4&size_bytes=40';
  const begun = z.object({
    upload_id: z.string(),
    upload_url: z.string(),
    headers: z.record(z.string(), z.string()),
  });
  let upload: z.infer<typeof begun> | null = null;
  const begin = async () => {
    upload = (await client.get(asked)).as(begun);
  };
  expect(await cost('begin an upload', begin)).toEqual(sqlOnly(1));
  const { upload_id, upload_url, headers } = begun.parse(upload);
  await fetch(upload_url, { method: 'PUT', headers, body: FILM });
  const complete = async () => {
    expect((await client.send('POST', `/uploads/${upload_id}/complete`)).status).toBe(200);
    await outside.settled();
  };
  // Found, confirmed, read again; webhooks looked for. Its first bytes tell its size too.
  expect(await cost('complete an upload, and look for webhooks', complete)).toEqual({
    sql: 4,
    redis: 0,
    storage: 1,
  });
});

test('what follows a change, once its sender has the answer', async () => {
  await relayNudges(counter.ctx);
  const jobId = await seedJob(counter.ctx);
  const record = await readStoredJob(counter.ctx, { projectId: 'default', jobId });
  const follow = async () => {
    afterChange(counter.ctx, [record]);
    await outside.settled();
  };
  expect(await cost('what follows a change, with nothing to send', follow)).toEqual({
    sql: 2,
    redis: 1,
    storage: 0,
  });
  expect(await cost('look for webhooks to send', () => deliverWebhooks(counter.ctx))).toEqual(sqlOnly(1));
});

test('a scrape of the metrics, however many projects and jobs there are', async () => {
  const scrape = async () => {
    expect((await client.get('/metrics')).status).toBe(200);
    await outside.settled();
  };
  expect(await cost('a scrape of `/metrics` while something is under way', scrape)).toEqual(sqlOnly(1));
});

test('the document shows what was counted here', async () => {
  expect(tableOf(await readFile(document, 'utf8'))).toEqual(table);
});
