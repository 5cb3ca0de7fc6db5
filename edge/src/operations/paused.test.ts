import { randomBytes } from 'node:crypto';
import { planJob } from '@millrace/shared/media/plan.ts';
import { profileObject } from '@millrace/shared/media/profile.ts';
import { codecOf } from '@millrace/shared/task/dispatch-pause.ts';
import { type SQL, sql } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openExplainer } from '../cost/explain-statements.ts';
import { rowsOf } from '../db/database.ts';
import { dispatchPauses, tasks } from '../db/schema.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { storeProject } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { codecOfTask, isPaused } from './paused.ts';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

test('the codec of every kind of task is the same in SQL and in the rules', async () => {
  const { ctx } = outside;
  const profile = profileObject.parse({
    renditions: [
      { height: 720 },
      { height: 480, codec: 'hevc' },
      { height: 480, codec: 'av1' },
      { height: 480, codec: 'vp9' },
    ],
    audio_codec: 'opus',
    measure_quality: true,
    packaging: ['hls', 'mp4'],
  });
  const mediaInfo = mediaInfoOf({ seconds: 30 });
  const outcome = planJob({ mediaInfo, profile, fleet: { slots: 2 }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  const jobId = await seedJob(ctx);
  const expected = new Map<string, string | null>();
  for (const { spec } of outcome.tasks) {
    expected.set(await seedTask(ctx, jobId, { kind: spec.kind, spec }), codecOf(spec));
  }
  const rows = await rowsOf(
    ctx.db,
    sql`select t.id, ${codecOfTask} as codec from tasks t`,
    z.object({ id: z.string(), codec: z.string().nullable() }),
  );
  expect(new Map(rows.map(({ id, codec }) => [id, codec]))).toEqual(expected);
  expect(new Set(expected.values())).toEqual(new Set(['h264', 'hevc', 'av1', 'vp9', 'opus', null]));
});

test('to ask for pauses costs nothing while there are none, and reads specifications only for one of a codec', async () => {
  const { ctx } = outside;
  await storeProject(ctx, 'other');
  const jobId = await seedJob(ctx);
  await ctx.db.delete(tasks);
  const count = 100;
  for (let n = 0; n < count; n++) {
    // Too large for its row, so that to read it is to look at further pages.
    const spec = { renditions: [{ codec: 'av1' }], noise: randomBytes(8_000).toString('base64') };
    await seedTask(ctx, jobId, { state: 'ready', spec });
  }
  const explainer = await openExplainer(ctx.config.databaseUrl);
  const pagesOf = async (condition: SQL) => {
    const { sql: query } = new PgDialect().sqlToQuery(
      sql`select count(*) filter (where ${condition}) from tasks t where t.state = 'ready'`,
    );
    const [explanation] = await explainer.explain([{ query, params: [] }]);
    return explanation?.blocks ?? 0;
  };
  const pause = { reason: 'a test', actor: 'test' };
  try {
    expect(await pagesOf(isPaused)).toBeLessThan((await pagesOf(sql`true`)) + 5);
    await ctx.db
      .insert(dispatchPauses)
      .values({ ...pause, id: ctx.random.uuid(), projectId: 'other', codec: 'av1' });
    const ofOthers = await pagesOf(isPaused);
    await ctx.db.update(dispatchPauses).set({ projectId: 'default' });
    expect(await pagesOf(isPaused)).toBeGreaterThan(ofOthers + 2 * count);
  } finally {
    await explainer.close();
  }
});
