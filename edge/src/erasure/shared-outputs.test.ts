import { sql } from 'drizzle-orm';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { acceptResult } from '../tasks/accept-result.ts';
import { acceptedJob, analyzeFilm, claimStarted, plannedJob, runEverything } from '../testing/job-driver.ts';
import { blocked, openSession } from '../testing/second-session.ts';
import { sweepAll } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { eraseJob } from './erase-job.ts';
import { retain } from './retain.ts';

/* Objects that several jobs name: they stay as long as one of them does. */

const profile = { renditions: [{ height: 480 }], packaging: ['hls' as const, 'mp4' as const] };

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
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, workers, erasures, erasure_receipts cascade`);
});

/** A job with all of its objects. */
async function film(): Promise<string> {
  const jobId = await plannedJob(ctx, 12, profile);
  await runEverything(ctx);
  for (const key of await keysOf(jobId)) await ctx.storage.putOnce(key, 'bytes', 'video/mp4');
  await end(jobId);
  return jobId;
}

const end = (jobId: string, days = 0) =>
  ctx.db.execute(sql`
    update jobs set status = 'completed', finished_at = now() - ${days}::int * interval '1 day' where id = ${jobId}::uuid`);

async function keysOf(jobId: string): Promise<string[]> {
  const rows = await rowsOf(
    ctx.db,
    sql`
      select object_key as key from segments where job_id = ${jobId}::uuid
      union select init_key from tracks where job_id = ${jobId}::uuid
      union select object_key from files where job_id = ${jobId}::uuid`,
    z.object({ key: z.string() }),
  );
  return rows.map((row) => row.key);
}

async function stored(keys: string[]): Promise<number> {
  const heads = await Promise.all(keys.map((key) => ctx.storage.head(key)));
  return heads.filter((head) => head !== null).length;
}

async function reusedBy(jobId: string): Promise<number> {
  const [row] = await rowsOf(
    ctx.db,
    sql`select count(reused_from)::int as n from tasks where job_id = ${jobId}::uuid`,
    z.object({ n: z.number() }),
  );
  return row?.n ?? 0;
}

const erase = (jobId: string) => eraseJob(ctx, { projectId: 'default', jobId, actor: 'test' });

test('erasing the job that made them leaves them to the one that took them over, and they go with it', async () => {
  const first = await film();
  const second = await plannedJob(ctx, 12, profile);
  const keys = await keysOf(second);
  expect(keys.length).toBeGreaterThan(10);
  await erase(first);
  await sweepAll(ctx, { urlsExpired: true });
  expect(await stored(keys)).toBe(keys.length);
  await end(second);
  await erase(second);
  await sweepAll(ctx, { urlsExpired: true });
  expect(await stored(keys)).toBe(0);
});

test('erasing the job that took them over leaves them to the one that made them', async () => {
  const first = await film();
  const second = await plannedJob(ctx, 12, profile);
  await erase(second);
  await sweepAll(ctx, { urlsExpired: true });
  const keys = await keysOf(first);
  expect(await stored(keys)).toBe(keys.length);
});

test.each(['segments', 'tracks', 'files'])('one row of %s is enough to keep them', async (table) => {
  const first = await film();
  const second = await plannedJob(ctx, 12, profile);
  for (const other of ['segments', 'tracks', 'files'].filter((name) => name !== table)) {
    await ctx.db.execute(sql`delete from ${sql.identifier(other)} where job_id = ${second}::uuid`);
  }
  const keys = await keysOf(second);
  await erase(first);
  await sweepAll(ctx, { urlsExpired: true });
  expect(await stored(keys)).toBe(keys.length);
});

test('retention takes them with the last job whose time is over', async () => {
  await ctx.db.execute(
    sql`update projects set keep_outputs_days = 10, retain_at = now() where id = 'default'`,
  );
  const first = await film();
  await end(first, 20);
  const second = await plannedJob(ctx, 12, profile);
  const keys = await keysOf(second);
  await retain(ctx);
  await sweepAll(ctx, { urlsExpired: true });
  expect(await keysOf(first)).toEqual([]);
  expect(await stored(keys)).toBe(keys.length);
  await end(second, 20);
  await ctx.db.execute(sql`update projects set retain_at = now() where id = 'default'`);
  await retain(ctx);
  await sweepAll(ctx, { urlsExpired: true });
  expect(await stored(keys)).toBe(0);
  await ctx.db.execute(sql`update projects set keep_outputs_days = null where id = 'default'`);
});

/** A job whose analysis is done but not yet told. */
async function unplanned() {
  const jobId = await acceptedJob(ctx, profile);
  const [task] = await claimStarted(ctx, 1);
  if (task?.job_id !== jobId) throw new Error('analyze was not claimable');
  return { jobId, plan: () => acceptResult(ctx, analyzeFilm(task, 12)) };
}

/** Two at the same time: the second begins while the first waits for a row in the midst of its work. */
async function meanwhile(
  lock: string,
  id: string,
  first: () => Promise<unknown>,
  second: () => Promise<unknown>,
): Promise<void> {
  await session.query('begin');
  await session.query(lock, [id]);
  const one = first();
  await blocked(session);
  const other = second();
  await blocked(session, 2);
  await session.query('commit');
  await Promise.all([one, other]);
}

test('a job that is planned while what it found is being erased makes everything itself', async () => {
  const first = await film();
  const old = await keysOf(first);
  const { jobId, plan } = await unplanned();
  await meanwhile('select 1 from files where job_id = $1 for update', first, () => erase(first), plan);
  expect(await reusedBy(jobId)).toBe(0);
  await runEverything(ctx);
  expect(await keysOf(jobId)).toHaveLength(old.length);
  await sweepAll(ctx, { urlsExpired: true });
  expect(await stored(old)).toBe(0);
});

test('what a job is taking over is not erased', async () => {
  const first = await film();
  const { jobId, plan } = await unplanned();
  await meanwhile('select 1 from jobs where id = $1 for update', jobId, plan, () => erase(first));
  expect(await reusedBy(jobId)).toBeGreaterThan(3);
  await sweepAll(ctx, { urlsExpired: true });
  const keys = await keysOf(jobId);
  expect(await stored(keys)).toBe(keys.length);
});
