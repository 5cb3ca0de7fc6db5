import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { apiKeys, jobs, projects, uploads, users, webhooks } from '../db/schema.ts';
import { createProject } from '../projects/create-project.ts';
import { seedJob } from '../testing/seed-job.ts';
import { storeJob, storeProject, storeUpload, sweepAll } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { withTimeForOneStep } from '../testing/time-for-one-step.ts';
import { eraseProject } from './erase-project.ts';
import { readErasure } from './read-erasure.ts';
import { retain } from './retain.ts';

const actor = 'operator';
const operator = { projectId: 'default', actor, scopes: [], operator: true };

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());

/** Passes until none finds anything to do. */
async function passes(context = ctx): Promise<void> {
  for (let n = 0; n < 8; n += 1) {
    await context.db.update(projects).set({ retainAt: new Date(0) });
    await retain(context).catch(() => undefined);
  }
}

const exists = async (id: string) =>
  (await ctx.db.select().from(projects).where(eq(projects.id, id))).length === 1;
const receiptOf = (receiptId: string) => readErasure(ctx, { caller: operator, receiptId });

test('a project goes with everything in it, and nothing of another is touched', async () => {
  const [gone, stays] = [await storeProject(ctx, 'gone'), await storeProject(ctx, 'stays')];
  const first = await storeJob(ctx, { projectId: gone });
  await storeJob(ctx, { projectId: gone, endedDaysAgo: null });
  await storeUpload(ctx, { projectId: gone, status: 'pending', completedAt: null });
  const other = await storeJob(ctx, { projectId: stays });
  for (const projectId of [gone, stays]) {
    await ctx.db.insert(users).values({ projectId, subject: 's', name: 'n', role: 'admin' });
    await ctx.db.insert(apiKeys).values({
      ...{ id: ctx.random.uuid(), projectId, name: 'k', hint: 'mr_', sha256: ctx.random.uuid() },
      ...{ scopes: ['admin'], createdBy: actor },
    });
  }
  const forgotten = `objects/${gone}/${ctx.random.uuid()}/1/forgotten.m4s`;
  await ctx.storage.putOnce(forgotten, 'no row names it', 'video/mp4');

  const { receiptId } = await eraseProject(ctx, { projectId: gone, actor });
  const [closed] = await ctx.db.select().from(projects).where(eq(projects.id, gone));
  expect(closed?.erasingSince).not.toBeNull();
  expect(await eraseProject(ctx, { projectId: gone, actor })).toEqual({ receiptId });

  await passes();
  expect(await exists(gone)).toBe(false);
  expect(await receiptOf(receiptId)).toMatchObject({ kind: 'project', status: 'erasing', actor });
  await sweepAll(ctx, { urlsExpired: false });
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'emptied' });
  const late = await ctx.storage.presignPut(`${first.prefix}2/late.m4s`, 60);
  await fetch(late.url, { method: 'PUT', body: 'late' });
  await sweepAll(ctx, { urlsExpired: true });
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'completed' });

  expect(await ctx.storage.list(`uploads/${gone}/`)).toEqual([]);
  expect(await ctx.storage.list(`objects/${gone}/`)).toEqual([]);
  expect(await ctx.statusCache.get(first.jobId)).toBeNull();
  expect((await ctx.db.select().from(jobs)).map((job) => job.id)).toEqual([other.jobId]);
  expect((await ctx.db.select().from(uploads)).map((upload) => upload.id)).toEqual([other.uploadId]);
  for (const table of [users, apiKeys, webhooks]) {
    expect((await ctx.db.select().from(table)).map((row) => row.projectId)).toEqual([stays]);
  }
  expect(await ctx.storage.head(other.sourceKey)).not.toBeNull();
  expect(await ctx.storage.head(other.outputKey)).not.toBeNull();
  await expect(createProject(ctx, { caller: operator, id: gone, name: '' })).rejects.toMatchObject({
    code: 'project_exists',
  });
});

test('the receipt of a project is not complete before its row is gone', async () => {
  const projectId = await storeProject(ctx, 'slow');
  await storeJob(ctx, { projectId });
  const { receiptId } = await eraseProject(ctx, { projectId, actor });
  await ctx.db
    .update(projects)
    .set({ retainAt: new Date(0) })
    .where(eq(projects.id, projectId));
  await retain(withTimeForOneStep(ctx));
  await sweepAll(ctx, { urlsExpired: true });
  expect(await exists(projectId)).toBe(true);
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'erasing' });
});

test('passes that fail half way are taken up again', async () => {
  const projectId = await storeProject(ctx, 'stumbling');
  const stored = await storeJob(ctx, { projectId });
  const key = `uploads/${projectId}/${ctx.random.uuid()}/parts.mp4`;
  const multipartId = await ctx.storage.createMultipart(key, 'video/mp4');
  await storeUpload(ctx, {
    ...{ projectId, objectKey: key, status: 'pending', multipartId, completedAt: null, partCount: 1 },
  });
  const { receiptId } = await eraseProject(ctx, { projectId, actor });
  const away = async () => {
    throw new Error('storage is away');
  };
  const broken = {
    ...ctx,
    storage: { ...ctx.storage, abortMultipart: away, deleteMany: away, delete: away, list: away },
  };
  await passes(broken);
  await sweepAll(broken, { urlsExpired: true });
  expect(await exists(projectId)).toBe(true);
  expect(await ctx.storage.head(stored.outputKey)).not.toBeNull();

  await passes();
  await sweepAll(ctx, { urlsExpired: true });
  expect(await exists(projectId)).toBe(false);
  expect(await ctx.storage.list(`objects/${projectId}/`)).toEqual([]);
  expect(await ctx.storage.listMultiparts(key)).toEqual([]);
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'completed' });
});

test.each<['job' | 'upload' | 'project']>([['job'], ['upload'], ['project']])(
  'a legal hold on the %s refuses',
  async (what) => {
    const projectId = await storeProject(ctx, `held-${what}`, { legalHold: what === 'project' });
    await storeJob(ctx, { projectId, row: { legalHold: what === 'job' } });
    await storeUpload(ctx, { projectId, legalHold: what === 'upload' });
    await expect(eraseProject(ctx, { projectId, actor })).rejects.toMatchObject({ code: 'legal_hold' });
    await passes();
    expect(await ctx.db.select().from(uploads).where(eq(uploads.projectId, projectId))).toHaveLength(2);
  },
);

test('a hold that is laid later keeps its job, the source and the project', async () => {
  const projectId = await storeProject(ctx, 'late-hold');
  const held = await storeJob(ctx, { projectId });
  const plain = await storeJob(ctx, { projectId });
  const { receiptId } = await eraseProject(ctx, { projectId, actor });
  await ctx.db.update(jobs).set({ legalHold: true }).where(eq(jobs.id, held.jobId));
  await passes();
  await sweepAll(ctx, { urlsExpired: true });
  expect(await ctx.storage.head(held.sourceKey)).not.toBeNull();
  expect(await ctx.storage.head(held.outputKey)).not.toBeNull();
  expect(await ctx.storage.head(plain.outputKey)).toBeNull();
  expect(await exists(projectId)).toBe(true);
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'erasing' });

  await ctx.db.execute(sql`update jobs set legal_hold = false where id = ${held.jobId}::uuid`);
  await passes();
  await sweepAll(ctx, { urlsExpired: true });
  expect(await exists(projectId)).toBe(false);
  expect(await receiptOf(receiptId)).toMatchObject({ status: 'completed' });
});

test('one that is large goes in a few passes, though others wait for retention, and no parts of it stay', async () => {
  const projectId = await storeProject(ctx, 'large');
  const waiting = await storeProject(ctx, 'waiting', { keepLogsDays: 1, retainAt: new Date(0) });
  const key = `uploads/${projectId}/${ctx.random.uuid()}/parts.mp4`;
  // Storage began it, and the row was never told. The store of the tests does not list what it has begun.
  const begun = await ctx.storage.createMultipart(key, 'video/mp4');
  const aborted: string[] = [];
  const storage: Context['storage'] = {
    ...ctx.storage,
    listMultiparts: async (asked) => (asked === key ? [begun] : []),
    abortMultipart: async (_key, multipartId) => void aborted.push(multipartId),
  };
  await storeUpload(ctx, {
    ...{ projectId, objectKey: key, status: 'pending', multipartId: null, completedAt: null, partCount: 1 },
  });
  for (let n = 0; n < 60; n += 1)
    await seedJob(ctx, { projectId, status: 'completed', finishedAt: new Date() });
  await eraseProject(ctx, { projectId, actor });
  const jobsLeft = async () => (await ctx.db.select().from(jobs).where(eq(jobs.projectId, projectId))).length;
  expect(await retain(withTimeForOneStep({ ...ctx, storage }))).toBe(true);
  expect(await jobsLeft()).toBe(10);
  await retain({ ...ctx, storage });
  expect(await jobsLeft()).toBe(0);
  expect(aborted).toEqual([begun]);
  expect(await retain({ ...ctx, storage })).toBe(false);
  expect(await exists(projectId)).toBe(false);
  expect(await exists(waiting)).toBe(true);
});

test('the project of the installation stays, and none is no project', async () => {
  await expect(eraseProject(ctx, { projectId: 'default', actor })).rejects.toMatchObject({
    code: 'invalid_request',
  });
  await expect(eraseProject(ctx, { projectId: 'never-was', actor })).rejects.toMatchObject({
    code: 'project_not_found',
  });
});
