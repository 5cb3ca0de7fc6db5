import { objectKey } from '@millrace/shared/storage-keys.ts';
import { outputNames } from '@millrace/shared/task/outputs.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { inputsOf } from '../rpc/sign-assignment.ts';
import { claimStarted, fenceOf, jobStatus, submitJob, taskStates, WORKER } from '../testing/job-driver.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { acceptResult } from './accept-result.ts';
import { claimTasks } from './claim-tasks.ts';
import type { ClaimedTask } from './claimed-task.ts';
import { failTask } from './fail-task.ts';

const URL = 'https://films.example/film.mp4?signature=1';
const BYTES = 'what the fleet has fetched';

let opened: TestContext;
let ctx: Context;
beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, workers cascade`);
});

test('a job with a URL is fetched, analyzed and planned', async () => {
  const { jobId, task } = await fetching();
  expect(task.spec).toMatchObject({ kind: 'fetch', url: URL });
  expect(await jobRow(jobId)).toMatchObject({ source_key: null, tasks_left: 1, input_url: URL });
  const key = await store(task);
  await ctx.db.execute(sql`delete from outbox`);

  expect(await complete(task)).toMatchObject({ verdict: 'accepted', jobId });
  const stored = await ctx.storage.head(key);
  const source = { key, sizeBytes: BYTES.length, etag: stored?.etag };
  expect(await taskStates(ctx, jobId)).toEqual({ fetch: ['done'], analyze: ['ready'] });
  expect(await jobRow(jobId)).toMatchObject({
    ...{ source_key: key, source_etag: source.etag, source_size_bytes: BYTES.length, tasks_left: 1 },
    ...{ nudges: 1 },
  });

  const [analyze] = await claimStarted(ctx, 8);
  if (!analyze) throw new Error('analyze was not claimable');
  expect(analyze.spec).toEqual({ kind: 'analyze', source });
  expect(inputsOf(analyze)).toEqual([{ name: 'source', key }]);
  const mediaInfo = { ...mediaInfoOf({ seconds: 12 }), source: { key, sizeBytes: BYTES.length, etag: 'e' } };
  const planned = await acceptResult(ctx, {
    ...fenceOf(analyze),
    ...{ result: { kind: 'analyze', mediaInfo, build: '' }, logTail: '' },
  });
  expect(planned.verdict).toBe('accepted');
  const states = await taskStates(ctx, jobId);
  expect(states.publish).toEqual(['blocked']);
  const open = Object.values(states)
    .flat()
    .filter((state) => state !== 'done');
  expect((await jobRow(jobId)).tasks_left).toBe(open.length);
});

test('a repeated report changes nothing, and is accepted', async () => {
  const { jobId, task } = await fetching();
  await store(task);
  await complete(task);
  const before = await jobRow(jobId);
  expect(await complete(task)).toMatchObject({ verdict: 'accepted' });
  expect(await taskStates(ctx, jobId)).toEqual({ fetch: ['done'], analyze: ['ready'] });
  expect(await jobRow(jobId)).toEqual(before);
});

test('a report that comes too late changes nothing', async () => {
  const { jobId, task } = await fetching();
  await store(task);
  await cancelJob(ctx, { projectId: 'default', jobId, actor: 'test' });
  expect(await complete(task)).toMatchObject({ verdict: 'canceled' });
  expect(await complete({ ...task, lease_token: ctx.random.uuid() })).toMatchObject({
    verdict: 'lease_lost',
  });
  expect(await taskStates(ctx, jobId)).toEqual({ fetch: ['canceled'] });
  expect(await jobRow(jobId)).toMatchObject({ source_key: null });
});

test('what is not in storage as it was reported does not become the source', async () => {
  const { jobId, task } = await fetching();
  expect(await complete(task)).toMatchObject({ verdict: 'accepted' });
  expect(await taskStates(ctx, jobId)).toEqual({ fetch: ['ready'] });

  await ctx.db.execute(sql`update tasks set run_after = now()`);
  const [again] = await claimStarted(ctx, 8);
  if (!again) throw new Error('fetch was not claimable again');
  const key = await store(again);
  expect(key).not.toBe(objectKey('default', task.id, task.attempt, 'source'));
  await complete(again, BYTES.length + 1);
  expect(await taskStates(ctx, jobId)).toEqual({ fetch: ['ready'] });
  expect(await jobRow(jobId)).toMatchObject({ source_key: null, tasks_left: 1 });
});

test('a result of the wrong kind does not put another source into a job', async () => {
  const { jobId, task } = await fetching();
  await store(task);
  await complete(task);
  const [analyze] = await claimStarted(ctx, 8);
  if (!analyze) throw new Error('analyze was not claimable');
  const before = await jobRow(jobId);
  expect(await complete(analyze)).toMatchObject({ verdict: 'lease_lost' });
  expect(await jobRow(jobId)).toEqual(before);
});

test.each([
  ['source_url_refused', 'failed'],
  ['source_url_gone', 'failed'],
  ['source_too_large', 'failed'],
  ['source_url_failed', 'processing'],
] as const)('after %s the job is %s', async (code, status) => {
  const { jobId, task } = await fetching();
  await failTask(ctx, { ...fenceOf(task), ...{ code, message: 'the server answered 404', logTail: '' } });
  expect(await jobStatus(ctx, jobId)).toBe(status);
});

test('a worker that may not reach the internet is not given a fetch', async () => {
  await submitJob(ctx, { input_url: URL });
  expect(await claimTasks(ctx, { ...WORKER, capabilities: ['libx264', 'aac'] }, 8)).toEqual([]);
});

async function fetching(): Promise<{ jobId: string; task: ClaimedTask }> {
  const jobId = await submitJob(ctx, { input_url: URL });
  const [task] = await claimStarted(ctx, 8);
  if (!task) throw new Error('fetch was not claimable');
  return { jobId, task };
}

/** What the worker does with its URL. */
async function store(task: ClaimedTask): Promise<string> {
  const [name = ''] = outputNames(task.spec);
  const key = objectKey('default', task.id, task.attempt, name);
  await ctx.storage.putOnce(key, BYTES, 'application/octet-stream');
  return key;
}

function complete(task: ClaimedTask, sizeBytes = BYTES.length) {
  return acceptResult(ctx, {
    ...fenceOf(task),
    result: { kind: 'fetch', name: 'source', sizeBytes, contentType: 'video/mp4', digest: null },
    logTail: '',
  });
}

async function jobRow(jobId: string) {
  const [row] = await rowsOf(
    ctx.db,
    sql`
      select input_url, source_key, source_etag, source_size_bytes::int, tasks_left, version,
             (select count(*)::int from outbox) as nudges
      from jobs where id = ${jobId}::uuid`,
    z.record(z.string(), z.unknown()),
  );
  if (!row) throw new Error('the job is gone');
  return row;
}
