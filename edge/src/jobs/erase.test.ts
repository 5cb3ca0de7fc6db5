import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { acceptedJob, jobStatus, plannedJob, runEverything } from '../testing/job-driver.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { eraseJob } from './erase-job.ts';
import { eraseObjects } from './erase-objects.ts';
import { publishJob } from './publish-job.ts';

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await ctx.db.execute(sql`truncate jobs, outbox, workers, erasures cascade`);
});

test('erasing a completed job removes what it published, and nothing is left to sweep in the end', async () => {
  const jobId = await plannedJob(ctx);
  const { publishTaskId } = await runEverything(ctx);
  await publishJob(ctx, publishTaskId ?? '');
  const [published] = await rowsOf(
    ctx.db,
    sql`select hls_key from jobs where id = ${jobId}::uuid`,
    z.object({ hls_key: z.string() }),
  );
  expect(await ctx.storage.head(published?.hls_key ?? '')).not.toBeNull();

  await eraseJob(ctx, { projectId: 'default', jobId });
  await sweepUntilQuiet();

  expect(await jobStatus(ctx, jobId)).toBeUndefined();
  expect(await ctx.storage.head(published?.hls_key ?? '')).toBeNull();
  await ctx.db.execute(sql`update erasures set run_after = now(), final_after = now()`);
  await sweepUntilQuiet();
  expect(await waitingErasures()).toBe(0);
});

test('a source that another job has come to read stays', async () => {
  const first = await acceptedJob(ctx);
  await eraseJob(ctx, { projectId: 'default', jobId: first });
  const second = await acceptedJob(ctx);
  await sweepUntilQuiet();
  const [source] = await rowsOf(
    ctx.db,
    sql`select source_key from jobs where id = ${second}::uuid`,
    z.object({ source_key: z.string() }),
  );
  expect(await ctx.storage.head(source?.source_key ?? '')).not.toBeNull();
});

test('storage that refuses one object does not keep the others', async () => {
  const first = await acceptedJob(ctx);
  await eraseJob(ctx, { projectId: 'default', jobId: first });
  await ctx.db.execute(sql`
    insert into erasures (project_id, prefix, final_after) values ('default', 'uploads/test/refused.mp4', now())`);
  const refusing = {
    ...ctx,
    storage: {
      ...ctx.storage,
      delete: async (key: string) => {
        if (key.endsWith('refused.mp4')) throw new Error('not allowed');
        await ctx.storage.delete(key);
      },
    },
  };
  await eraseObjects(refusing);
  const [left] = await rowsOf(
    ctx.db,
    sql`select count(*)::int as n from erasures where run_after > now() + interval '1 minute'`,
    z.object({ n: z.number() }),
  );
  expect(left?.n).toBe(1);
});

/** Passes until none has anything due. */
async function sweepUntilQuiet(): Promise<void> {
  for (let pass = 0; pass < 20; pass++) {
    await ctx.db.execute(sql`update erasures set run_after = now() where run_after < final_after`);
    await eraseObjects(ctx);
  }
}

async function waitingErasures(): Promise<number> {
  const [row] = await rowsOf(
    ctx.db,
    sql`select count(*)::int as n from erasures`,
    z.object({ n: z.number() }),
  );
  return row?.n ?? -1;
}
