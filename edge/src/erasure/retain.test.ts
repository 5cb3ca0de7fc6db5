import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import {
  erasureReceipts,
  idempotencyKeys,
  jobEvents,
  jobs,
  projects,
  tasks,
  uploads,
  webhookDeliveries,
} from '../db/schema.ts';
import { daysAgo, type StoredJob, storeJob, storeUpload, sweepAll } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { withTimeForOneStep } from '../testing/time-for-one-step.ts';
import { retain } from './retain.ts';

type Periods = Partial<
  Pick<typeof projects.$inferInsert, `keep${'Sources' | 'Outputs' | 'Events' | 'Logs'}Days` | 'legalHold'>
>;

const NONE = { keepSourcesDays: null, keepOutputsDays: null, keepEventsDays: null, keepLogsDays: null };

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

/** One pass with these periods, and all sweeps after it. */
async function pass(periods: Periods): Promise<void> {
  await ctx.db.update(projects).set({ ...NONE, legalHold: false, retainAt: daysAgo(1), ...periods });
  await retain(ctx);
  await sweepAll(ctx, { urlsExpired: true });
}

async function leftOf(stored: StoredJob) {
  const [job] = await ctx.db.select().from(jobs).where(eq(jobs.id, stored.jobId));
  const [task] = await ctx.db.select().from(tasks).where(eq(tasks.id, stored.taskId));
  const events = await ctx.db.select().from(jobEvents).where(eq(jobEvents.jobId, stored.jobId));
  const deliveries = await ctx.db
    .select()
    .from(webhookDeliveries)
    .where(eq(webhookDeliveries.jobId, stored.jobId));
  return {
    job: job !== undefined,
    output: (await ctx.storage.head(stored.outputKey)) !== null,
    source: (await ctx.storage.head(stored.sourceKey)) !== null,
    event: events.length === 1,
    delivery: deliveries.length === 1,
    log: Boolean(task?.logTail),
  };
}

const ALL = { job: true, output: true, source: true, event: true, delivery: true, log: true };
const WITHOUT_JOB = { job: false, output: false, event: false, delivery: false, log: false };

describe('what is left of a job that ended ten days ago', () => {
  test.each<[string, Periods, Partial<typeof ALL>]>([
    ['without periods', {}, {}],
    ['with periods that are not over', { keepOutputsDays: 11, keepSourcesDays: 11, keepLogsDays: 11 }, {}],
    ['outputs are kept nine days', { keepOutputsDays: 9 }, WITHOUT_JOB],
    ['sources are kept nine days', { keepSourcesDays: 9 }, { source: false }],
    ['both are', { keepSourcesDays: 9, keepOutputsDays: 9 }, { ...WITHOUT_JOB, source: false }],
    ['events are kept nine days', { keepEventsDays: 9 }, { event: false, delivery: false }],
    ['logs are kept nine days', { keepLogsDays: 9 }, { log: false }],
    ['under a legal hold of its project', { keepOutputsDays: 9, legalHold: true }, {}],
  ])('%s', async (_name, periods, left) => {
    const stored = await storeJob(ctx, { endedDaysAgo: 10 });
    await pass(periods);
    expect(await leftOf(stored)).toEqual({ ...ALL, ...left });
  });

  test('under a legal hold of its own: all of it', async () => {
    const stored = await storeJob(ctx, { endedDaysAgo: 10, row: { legalHold: true } });
    await pass({ keepSourcesDays: 1, keepOutputsDays: 1, keepEventsDays: 1, keepLogsDays: 1 });
    expect(await leftOf(stored)).toEqual(ALL);
  });
});

test('a job that runs loses nothing, however old it is', async () => {
  const at = daysAgo(10);
  const source = await storeUpload(ctx, { at });
  const stored = await storeJob(ctx, { endedDaysAgo: null, source, row: { createdAt: at } });
  await ctx.db.update(jobEvents).set({ at });
  await pass({ keepSourcesDays: 1, keepOutputsDays: 1, keepEventsDays: 1, keepLogsDays: 1 });
  expect(await leftOf(stored)).toEqual({ ...ALL, delivery: true });
});

test('who tried when stays when the log goes', async () => {
  const { taskId } = await storeJob(ctx, { endedDaysAgo: 10 });
  await pass({ keepLogsDays: 9 });
  const [task] = await ctx.db.select().from(tasks).where(eq(tasks.id, taskId));
  expect(task?.attempts).toEqual([{ attempt: 1, outcome: 'completed' }]);
});

test('a source stays while a younger job reads it', async () => {
  const old = await storeJob(ctx, { endedDaysAgo: 10 });
  const young = await storeJob(ctx, { endedDaysAgo: 2, source: old });
  await pass({ keepSourcesDays: 5 });
  expect(await leftOf(old)).toMatchObject({ source: true });
  await pass({ keepSourcesDays: 1 });
  expect(await leftOf(young)).toMatchObject({ source: false, job: true });
  expect((await ctx.db.select().from(jobs)).every((job) => job.sourceErasedAt !== null)).toBe(true);
  expect(await ctx.db.select().from(uploads)).toEqual([]);
});

test('an upload that no job ever read goes after the same time', async () => {
  const [old, young] = [
    await storeUpload(ctx, { at: daysAgo(10) }),
    await storeUpload(ctx, { at: daysAgo(2) }),
  ];
  await pass({ keepSourcesDays: 5 });
  expect(await ctx.storage.head(old.sourceKey)).toBeNull();
  expect(await ctx.storage.head(young.sourceKey)).not.toBeNull();
});

test('a source that the fleet fetched goes with everything its task wrote', async () => {
  const stored = await storeJob(ctx, { endedDaysAgo: 10 });
  const fetched = `${stored.prefix}1/source`;
  await ctx.storage.putOnce(fetched, 'fetched', 'video/mp4');
  await ctx.db.update(jobs).set({ inputUrl: 'https://films.test/a.mp4', sourceKey: fetched });
  await pass({ keepSourcesDays: 9 });
  expect(await ctx.storage.head(fetched)).toBeNull();
  const [job] = await ctx.db.select().from(jobs);
  expect(job?.sourceErasedAt).not.toBeNull();
});

test('receipts say that it was retention', async () => {
  const both = await storeJob(ctx, { endedDaysAgo: 10 });
  const unread = await storeUpload(ctx, { at: daysAgo(10) });
  await pass({ keepOutputsDays: 20, keepSourcesDays: 9 });
  await pass({ keepOutputsDays: 9 });
  const receipts = await ctx.db.select().from(erasureReceipts);
  expect(receipts.map(({ kind, subjectId }) => `${kind} ${subjectId}`).sort()).toEqual(
    [`job ${both.jobId}`, `source ${both.uploadId}`, `upload ${unread.uploadId}`].sort(),
  );
  for (const receipt of receipts) {
    expect(receipt).toMatchObject({ reason: 'retention', actor: 'system' });
    expect(receipt.completedAt).not.toBeNull();
  }
});

test('a project is looked at once a minute, or at once again when a pass was full', async () => {
  for (let n = 0; n < 21; n += 1) await storeUpload(ctx, { at: daysAgo(10) });
  await ctx.db.update(projects).set({ ...NONE, retainAt: daysAgo(1), keepSourcesDays: 9 });
  expect(await retain(withTimeForOneStep(ctx))).toBe(true);
  expect(await ctx.db.select().from(uploads)).toHaveLength(1);
  expect(await retain(ctx)).toBe(false);
  expect(await ctx.db.select().from(uploads)).toHaveLength(0);
  await storeUpload(ctx, { at: daysAgo(10) });
  expect(await retain(ctx)).toBe(false);
  expect(await ctx.db.select().from(uploads)).toHaveLength(1);
});

test('with nothing due it costs one statement', async () => {
  let statements = 0;
  const counting = new Proxy(ctx.db, {
    get: (db, name) => {
      if (name === 'execute' || name === 'batch') statements += 1;
      const value: unknown = Reflect.get(db, name);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
  await ctx.db.update(projects).set({ ...NONE, legalHold: false });
  await retain({ ...ctx, db: counting });
  expect(statements).toBe(1);
});

test('expired idempotency keys go', async () => {
  const key = { projectId: 'default', fingerprint: 'f', claimedUntil: new Date() };
  await ctx.db.insert(idempotencyKeys).values([
    { ...key, key: 'old', expiresAt: daysAgo(1) },
    { ...key, key: 'young', expiresAt: daysAgo(-1) },
  ]);
  await retain(ctx);
  expect((await ctx.db.select().from(idempotencyKeys)).map((row) => row.key)).toEqual(['young']);
});
