import { eq } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { jobs, uploads } from '../db/schema.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { updateJob } from '../jobs/update-job.ts';
import { blocked, openSession } from '../testing/second-session.ts';
import { seedJob } from '../testing/seed-job.ts';
import { storeUpload } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { holdUpload } from '../uploads/hold-upload.ts';
import { eraseJob } from './erase-job.ts';
import { eraseUpload } from './erase-upload.ts';

/* Erasing, retrying and holding decide from what they see: one of them after the other. */

const caller = { projectId: 'default', actor: 'operator', scopes: ['admin'], operator: true } as const;
const { projectId, actor } = caller;

let opened: TestContext;
let ctx: Context;
let session: pg.Client;
beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
  session = await openSession(ctx);
});
afterAll(async () => {
  await session.end();
  await opened.close();
});

async function failedJob() {
  const { uploadId, sourceKey } = await storeUpload(ctx);
  const jobId = await seedJob(ctx, { sourceKey, status: 'failed', finishedAt: new Date() });
  return { uploadId, jobId };
}

/** What becomes of `second`, begun while `first` waits for a row in the midst of its work. */
async function meanwhile(
  lock: string,
  id: string,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
): Promise<unknown[]> {
  await session.query('begin');
  await session.query(lock, [id]);
  const outcomes = [outcomeOf(first())];
  await blocked(session);
  outcomes.push(outcomeOf(second()));
  await blocked(session, 2);
  await session.query('commit');
  return Promise.all(outcomes);
}

const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
const lockUpload = 'select 1 from uploads where id = $1 for update';
const lockJob = 'select 1 from jobs where id = $1 for update';
const erase = (uploadId: string) => () => eraseUpload(ctx, { projectId, uploadId, actor });
const hold = (jobId: string) => () => updateJob(ctx, { caller, jobId, changes: { legal_hold: true } });

test('a job is not taken up again while its source is being erased', async () => {
  const { uploadId, jobId } = await failedJob();
  const retry = () => retryJob(ctx, { projectId, jobId, actor });
  expect(await meanwhile(lockUpload, uploadId, erase(uploadId), retry)).toEqual(['done', 'source_not_found']);
  const [job] = await ctx.db.select().from(jobs).where(eq(jobs.id, jobId));
  expect(job).toMatchObject({ status: 'failed', sourceErasedAt: expect.any(Date) });
});

test('a job is not held before an erasure under way has taken its source', async () => {
  const { uploadId, jobId } = await failedJob();
  expect(await meanwhile(lockUpload, uploadId, erase(uploadId), hold(jobId))).toEqual(['done', 'done']);
});

test('the source of a job that is being held is not erased', async () => {
  const { uploadId, jobId } = await failedJob();
  const outcomes = await meanwhile(lockJob, jobId, hold(jobId), erase(uploadId));
  expect(outcomes).toEqual(['done', 'upload_in_use']);
  expect(await ctx.db.select().from(uploads).where(eq(uploads.id, uploadId))).toHaveLength(1);
});

test('an upload that is being held does not go with its job', async () => {
  const { uploadId, jobId } = await failedJob();
  const holding = () => holdUpload(ctx, { caller, uploadId, legalHold: true });
  const erasing = () => eraseJob(ctx, { projectId, jobId, actor });
  expect(await meanwhile(lockUpload, uploadId, holding, erasing)).toEqual(['done', 'done']);
  expect(await ctx.db.select().from(uploads).where(eq(uploads.id, uploadId))).toHaveLength(1);
});

test('an upload is held before it is erased, or not at all', async () => {
  const { uploadId } = await storeUpload(ctx);
  const holding = () => holdUpload(ctx, { caller, uploadId, legalHold: true });
  expect(await meanwhile(lockUpload, uploadId, erase(uploadId), holding)).toEqual([
    'done',
    'upload_not_found',
  ]);
  const { uploadId: other } = await storeUpload(ctx);
  const holdOther = () => holdUpload(ctx, { caller, uploadId: other, legalHold: true });
  expect(await meanwhile(lockUpload, other, holdOther, erase(other))).toEqual(['done', 'upload_in_use']);
});
