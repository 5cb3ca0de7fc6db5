import { eq, sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import {
  erasedJobs,
  erasures,
  idempotencyKeys,
  jobs,
  projects,
  uploads,
  webhookDeliveries,
} from '../db/schema.ts';
import { storeJob, sweepAll } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { eraseJob } from './erase-job.ts';
import { readErasure } from './read-erasure.ts';
import { settleErasures } from './settle-erasures.ts';

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
  await ctx.db.execute(sql`
    truncate jobs, uploads, webhooks, outbox, erasures, erasure_receipts, idempotency_keys cascade`);
});

const receiptOf = (receiptId: string) =>
  readErasure(ctx, { caller: { projectId, operator: false }, receiptId });

test('erasing a job leaves nothing of it in storage, Redis, deliveries and stored answers', async () => {
  const stored = await storeJob(ctx);
  const other = await storeJob(ctx);
  for (const { jobId } of [stored, other]) {
    await ctx.db.insert(idempotencyKeys).values({
      ...{ projectId, key: `made ${jobId}`, fingerprint: 'f', status: 201, body: `{"id":"${jobId}"}` },
      ...{ headers: {}, ids: [jobId], claimedUntil: new Date(), expiresAt: new Date(Date.now() + 1e6) },
    });
  }
  await eraseJob(ctx, { projectId, jobId: stored.jobId, actor });
  await sweepAll(ctx, { urlsExpired: false });

  expect(await ctx.storage.head(stored.outputKey)).toBeNull();
  expect(await ctx.storage.head(stored.sourceKey)).toBeNull();
  expect(await ctx.statusCache.get(stored.jobId)).toBeNull();
  expect((await ctx.db.select().from(jobs)).map((row) => row.id)).toEqual([other.jobId]);
  expect((await ctx.db.select().from(uploads)).map((row) => row.id)).toEqual([other.uploadId]);
  expect((await ctx.db.select().from(webhookDeliveries)).map((row) => row.jobId)).toEqual([other.jobId]);
  const answers = new Map((await ctx.db.select().from(idempotencyKeys)).map((row) => [row.key, row]));
  expect(answers.get(`made ${stored.jobId}`)).toMatchObject({
    status: 404,
    body: expect.stringContaining('job_not_found'),
  });
  expect(answers.get(`made ${other.jobId}`)).toMatchObject({ status: 201 });
  expect(await ctx.storage.head(other.outputKey)).not.toBeNull();
  expect(await ctx.storage.head(other.sourceKey)).not.toBeNull();
});

test('a job that runs is stopped first, and counted as canceled', async () => {
  const { jobId } = await storeJob(ctx, { endedDaysAgo: null });
  await eraseJob(ctx, { projectId, jobId, actor });
  expect(await ctx.db.select().from(jobs)).toEqual([]);
  expect(await ctx.db.select().from(erasedJobs).where(eq(erasedJobs.status, 'canceled'))).toMatchObject([
    { jobs: 1 },
  ]);
});

test('a receipt says when storage was found empty, and when nothing can come back', async () => {
  const stored = await storeJob(ctx);
  const { receiptId } = await eraseJob(ctx, { projectId, jobId: stored.jobId, actor });
  expect(await receiptOf(receiptId)).toMatchObject({
    ...{ kind: 'job', subjectId: stored.jobId, reason: 'request', actor, status: 'erasing', emptiedAt: null },
  });
  await sweepAll(ctx, { urlsExpired: false });
  const emptied = await receiptOf(receiptId);
  expect(emptied).toMatchObject({ status: 'emptied', completedAt: null });

  // What an attempt writes late, by a URL that was signed before.
  await ctx.storage.putOnce(`${stored.prefix}2/late.m4s`, 'late', 'video/mp4');
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.list(stored.prefix)).toEqual([]);
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'completed', emptiedAt: emptied.emptiedAt });
});

test('of two passes that settle the last two entries side by side, one completes the receipt', async () => {
  const stored = await storeJob(ctx);
  const { receiptId } = await eraseJob(ctx, { projectId, jobId: stored.jobId, actor });
  const entries = (await ctx.db.select().from(erasures)).map(({ id }) => String(id));
  expect(entries).toHaveLength(2);
  const holder = new pg.Client({ connectionString: ctx.config.databaseUrl });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select 1 from erasure_receipts for update');
  const settling = entries.map((id) => settleErasures(ctx, { done: [id], emptied: [] }));
  const waiting = sql`
    select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await expect
    .poll(async () => (await ctx.db.execute(waiting)).rows.length, { timeout: 10_000, interval: 20 })
    .toBe(2);
  await holder.query('commit');
  await holder.end();
  await Promise.all(settling);
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'completed' });
});

test('a source stays as long as another job reads it, and goes with the last', async () => {
  const first = await storeJob(ctx);
  const second = await storeJob(ctx, { source: first });
  await eraseJob(ctx, { projectId, jobId: first.jobId, actor });
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(first.sourceKey)).not.toBeNull();
  expect(await ctx.db.select().from(uploads)).toHaveLength(1);

  await eraseJob(ctx, { projectId, jobId: second.jobId, actor });
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(first.sourceKey)).toBeNull();
  expect(await ctx.db.select().from(uploads)).toEqual([]);
});

test('two jobs erased at the same time do not leave their source to each other', async () => {
  const first = await storeJob(ctx);
  const jobIds = [first.jobId];
  for (let n = 0; n < 3; n += 1) jobIds.push((await storeJob(ctx, { source: first })).jobId);
  await Promise.all(jobIds.map((jobId) => eraseJob(ctx, { projectId, jobId, actor })));
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(first.sourceKey)).toBeNull();
});

test('a source that a new job came to read before the sweep stays', async () => {
  const first = await storeJob(ctx);
  await eraseJob(ctx, { projectId, jobId: first.jobId, actor });
  await storeJob(ctx, { source: first });
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(first.sourceKey)).not.toBeNull();
});

test('a legal hold on the job or its project refuses, and stops nothing', async () => {
  const held = await storeJob(ctx, { endedDaysAgo: null, row: { legalHold: true } });
  const plain = await storeJob(ctx);
  await expect(eraseJob(ctx, { projectId, jobId: held.jobId, actor })).rejects.toMatchObject({
    code: 'legal_hold',
  });
  await ctx.db.update(projects).set({ legalHold: true }).where(eq(projects.id, projectId));
  await expect(eraseJob(ctx, { projectId, jobId: plain.jobId, actor })).rejects.toMatchObject({
    code: 'legal_hold',
  });
  await ctx.db.update(projects).set({ legalHold: false }).where(eq(projects.id, projectId));
  const statuses = (await ctx.db.select().from(jobs)).map((row) => row.status).sort();
  expect(statuses).toEqual(['completed', 'processing']);
});

test('a legal hold on the upload keeps the source of an erased job', async () => {
  const stored = await storeJob(ctx);
  await ctx.db.update(uploads).set({ legalHold: true });
  await eraseJob(ctx, { projectId, jobId: stored.jobId, actor });
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(stored.sourceKey)).not.toBeNull();
  expect(await ctx.storage.head(stored.outputKey)).toBeNull();
});

test("another project's job is no job, and stays", async () => {
  const { jobId } = await storeJob(ctx);
  await expect(eraseJob(ctx, { projectId: 'stranger', jobId, actor })).rejects.toMatchObject({
    code: 'job_not_found',
  });
  expect(await ctx.db.select().from(jobs)).toHaveLength(1);
});

test('storage that refuses leaves its part for a later pass, and keeps no other', async () => {
  const stored = await storeJob(ctx);
  const { receiptId } = await eraseJob(ctx, { projectId, jobId: stored.jobId, actor });
  const refusing = {
    ...ctx,
    storage: {
      ...ctx.storage,
      delete: async () => {
        throw new Error('not allowed');
      },
    },
  };
  await sweepAll(refusing, { urlsExpired: true });
  expect(await ctx.storage.head(stored.outputKey)).toBeNull();
  expect(await ctx.storage.head(stored.sourceKey)).not.toBeNull();
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'erasing' });

  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(stored.sourceKey)).toBeNull();
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'completed' });
});
