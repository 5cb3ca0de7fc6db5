import { planJob } from '@millrace/shared/media/plan.ts';
import { profileObject } from '@millrace/shared/media/profile.ts';
import { codecOf } from '@millrace/shared/task/dispatch-pause.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { rowsOf } from '../db/database.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { codecOfTask } from './paused.ts';

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
