import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { erasures, jobs, uploads } from '../db/schema.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { storeJob, storeUpload, sweepAll } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { eraseUpload } from './erase-upload.ts';
import { readErasure } from './read-erasure.ts';

const projectId = 'default';
const actor = 'key:1';

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, uploads, webhooks, outbox, erasures, erasure_receipts cascade`);
});

test('erasing an upload that no job reads removes its object, and what a PUT of before still writes', async () => {
  const { uploadId, sourceKey } = await storeUpload(ctx);
  const { receiptId } = await eraseUpload(ctx, { projectId, uploadId, actor });
  await sweepAll(ctx, { urlsExpired: false });
  expect(await ctx.storage.head(sourceKey)).toBeNull();
  expect(await ctx.db.select().from(uploads)).toEqual([]);

  await ctx.storage.putOnce(sourceKey, 'a late one', 'video/mp4');
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(sourceKey)).toBeNull();
  const caller = { projectId, operator: false };
  expect(await readErasure(ctx, { caller, receiptId: receiptId ?? '' })).toMatchObject({
    ...{ kind: 'upload', subjectId: uploadId, actor, status: 'completed' },
  });
});

test('a PUT may go on until its upload would have ended', async () => {
  const expiresAt = new Date(Date.now() + 12 * 3_600_000);
  const { uploadId } = await storeUpload(ctx, { expiresAt });
  await eraseUpload(ctx, { projectId, uploadId, actor });
  const [entry] = await ctx.db.select().from(erasures);
  expect(entry?.finalAfter.getTime()).toBe(expiresAt.getTime());
});

test('an upload is in use until its jobs have ended, and they cannot be retried without it', async () => {
  const stored = await storeJob(ctx, { endedDaysAgo: null });
  const { uploadId } = stored;
  await expect(eraseUpload(ctx, { projectId, uploadId, actor })).rejects.toMatchObject({
    code: 'upload_in_use',
  });
  await ctx.db.update(jobs).set({ status: 'failed', finishedAt: new Date() });
  await eraseUpload(ctx, { projectId, uploadId, actor });
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(stored.sourceKey)).toBeNull();
  expect(await ctx.storage.head(stored.outputKey)).not.toBeNull();
  await expect(retryJob(ctx, { projectId, jobId: stored.jobId, actor })).rejects.toMatchObject({
    code: 'source_not_found',
  });
});

test('a legal hold on the upload, or on a job that has read it, refuses', async () => {
  const held = await storeUpload(ctx, { legalHold: true });
  const ofHeldJob = await storeJob(ctx, { row: { legalHold: true } });
  for (const { uploadId } of [held, ofHeldJob]) {
    await expect(eraseUpload(ctx, { projectId, uploadId, actor })).rejects.toMatchObject({
      code: 'legal_hold',
    });
  }
  expect(await ctx.db.select().from(uploads)).toHaveLength(2);
});

test('a pending upload is given up, without a receipt', async () => {
  const { uploadId } = await storeUpload(ctx, { status: 'pending', completedAt: null });
  expect(await eraseUpload(ctx, { projectId, uploadId, actor })).toEqual({ receiptId: null });
  const [row] = await ctx.db.select().from(uploads).where(eq(uploads.id, uploadId));
  expect(row?.status).toBe('aborted');
});

test("another project's upload is no upload", async () => {
  const { uploadId } = await storeUpload(ctx);
  await expect(eraseUpload(ctx, { projectId: 'stranger', uploadId, actor })).rejects.toMatchObject({
    code: 'upload_not_found',
  });
});
