import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { rowsOf } from '../db/database.ts';
import { seeWorkers } from '../tasks/see-workers.ts';
import { WORKER } from '../testing/job-driver.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { reap } from './reap.ts';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

test('each of many tasks that no worker can run says so, and fails when none has come for long', async () => {
  const { ctx } = outside;
  await seeWorkers(ctx, [WORKER]);
  const long = new Date(Date.now() - 60_000);
  for (let i = 0; i < 60; i++) {
    const jobId = await seedJob(ctx);
    await seedTask(ctx, jobId, {
      state: 'ready',
      needs: ['av1_nvenc'],
      readyAt: long,
      nudgedAt: long,
      runAfter: long,
    });
  }
  const waiting = async () =>
    rowsOf(
      ctx.db,
      sql`select state, waiting_reason from tasks`,
      z.object({ state: z.string(), waiting_reason: z.string().nullable() }),
    );
  for (let pass = 0; pass < 2; pass++) await reap(ctx);
  expect((await waiting()).filter((task) => task.waiting_reason === 'no_capable_worker')).toHaveLength(60);

  await ctx.db.execute(sql`
    update tasks set waiting_since = now() - interval '1 day', nudged_at = now() - interval '1 hour'`);
  await seeWorkers(ctx, [WORKER]);
  for (let pass = 0; pass < 2; pass++) await reap(ctx);
  expect((await waiting()).map((task) => task.state)).toEqual(Array(60).fill('failed'));
});
