import { SPAN_CAPABILITY } from '@millrace/shared/media/audio-span.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { acceptedJob, analyzeFilm, announce, fenceOf, WORKER } from '../testing/job-driver.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { acceptResult } from './accept-result.ts';
import { claimTasks } from './claim-tasks.ts';
import { seeWorkers } from './see-workers.ts';
import { startTask } from './start-task.ts';

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, workers cascade`);
});

const OLD = { ...WORKER, id: 'old' };
const NEW = { ...WORKER, id: 'new', capabilities: [...WORKER.capabilities, SPAN_CAPABILITY] };

/** A film of twenty minutes whose sound may be cut, planned for these workers: what its audio tasks need. */
async function planFor(workers: (typeof WORKER)[]): Promise<string[][]> {
  const jobId = await acceptedJob(ctx, { renditions: [{ height: 240 }] });
  await seeWorkers(ctx, workers);
  const [analyze] = await claimTasks(ctx, workers[0] ?? WORKER, 1);
  if (!analyze) throw new Error('analyze was not claimable');
  await startTask(ctx, fenceOf(analyze));
  const { result, ...report } = analyzeFilm(analyze, 1_200);
  const audio = result.mediaInfo.audio.map((track) => ({ ...track, sampleExact: true }));
  await acceptResult(ctx, {
    ...report,
    result: { ...result, mediaInfo: { ...result.mediaInfo, audio } },
  });
  const rows = await rowsOf(
    ctx.db,
    sql`select needs from tasks where job_id = ${jobId}::uuid and kind = 'encode-audio' order by id`,
    z.object({ needs: z.array(z.string()) }),
  );
  return rows.map(({ needs }) => needs);
}

test('a track is cut where every worker that lives can encode a part of it', async () => {
  expect(await planFor([NEW])).toEqual(Array(4).fill(['aac', SPAN_CAPABILITY]));
});

test('as long as a worker of a version before is there it stays whole, for anybody', async () => {
  expect(await planFor([NEW, OLD])).toEqual([['aac']]);
});

test('a span announces its own segments and no other’s', async () => {
  await planFor([NEW]);
  const spans = (await claimTasks(ctx, NEW, 8)).flatMap((task) =>
    task.spec.kind === 'encode-audio' && task.spec.span ? [{ task, span: task.spec.span }] : [],
  );
  expect(spans.length).toBeGreaterThan(1);
  for (const { task, span } of spans) {
    await startTask(ctx, fenceOf(task));
    const last = span.endSegment ?? 1_000;
    for (const number of [span.firstSegment - 1, span.firstSegment, last - 1, last].filter((n) => n >= 0)) {
      await announce(ctx, fenceOf(task), ['audio-0'], number, [48_000]);
    }
    const announced = await rowsOf(
      ctx.db,
      sql`select number from segments where task_id = ${task.id}::uuid order by number`,
      z.object({ number: z.number() }),
    );
    const past = span.endSegment === null ? [last] : [];
    expect(announced.map(({ number }) => number)).toEqual([span.firstSegment, last - 1, ...past]);
  }
});
