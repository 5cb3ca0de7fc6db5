import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import {
  acceptedJob,
  announce,
  claimStarted,
  fenceOf,
  jobStatus,
  plannedJob,
  taskStates,
} from '../testing/job-driver.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { acceptResult } from './accept-result.ts';
import { expireTask } from './expire-task.ts';
import { standingInits } from './standing-inits.ts';

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

test('the first accepted row for a segment stands, whatever becomes of its attempt', async () => {
  const { chunk } = await claimedChunk();
  await announce(ctx, fenceOf(chunk), ['480p'], 0, [50]);
  await loseLease(chunk.id);
  const [second] = (await claimStarted(ctx, 8)).filter((task) => task.id === chunk.id);
  if (!second) throw new Error('the chunk was not claimable again');
  expect(second.announced).toEqual([{ track: '480p', number: 0 }]);

  await announce(ctx, fenceOf(second), ['480p'], 0, [50, 50]);

  expect(await attemptsOfSegments(chunk.job_id)).toEqual([
    { number: 0, attempt: 1 },
    { number: 1, attempt: 2 },
  ]);
});

test('an attempt that lost its lease announces nothing', async () => {
  const { chunk } = await claimedChunk();
  await loseLease(chunk.id);
  const [answer] = await announce(ctx, fenceOf(chunk), ['480p'], 0, [50]);
  expect(answer?.verdict).toBe('lease_lost');
  expect(await attemptsOfSegments(chunk.job_id)).toEqual([]);
});

test('a segment for another initialisation segment than the standing one is left out', async () => {
  const { chunk } = await claimedChunk();
  await announce(ctx, fenceOf(chunk), ['480p'], 0, [50], 'first');
  await announce(ctx, fenceOf(chunk), ['480p'], 1, [50], 'second');
  expect(await attemptsOfSegments(chunk.job_id)).toEqual([{ number: 0, attempt: 1 }]);
  expect(await standingInits(ctx, [chunk.job_id])).toEqual([
    { job_id: chunk.job_id, track: '480p', sha256: 'first-480p' },
  ]);
});

test('a worker announces nothing for tracks and numbers that are not its task’s', async () => {
  const { chunk } = await claimedChunk();
  await announce(ctx, fenceOf(chunk), ['480p'], 0, [50]);
  await announce(ctx, fenceOf(chunk), ['720p', 'audio-0'], 0, [50]);
  await announce(ctx, fenceOf(chunk), ['../../other'], 0, [50]);
  expect(await attemptsOfSegments(chunk.job_id)).toEqual([{ number: 0, attempt: 1 }]);
  expect((await standingInits(ctx, [chunk.job_id])).map((init) => init.track)).toEqual(['480p']);
});

test('analyze that names a source of somebody else fails the job', async () => {
  const jobId = await acceptedJob(ctx);
  const [analyze] = await claimStarted(ctx, 1);
  if (!analyze) throw new Error('analyze was not claimable');
  const found = mediaInfoOf({ seconds: 4 });
  const mediaInfo = { ...found, source: { ...found.source, key: 'uploads/other/secret.mp4' } };
  for (let attempt = 0; attempt < 3; attempt++) {
    const [task] = attempt === 0 ? [analyze] : await claimStarted(ctx, 1);
    if (!task) throw new Error('analyze was not claimable again');
    await acceptResult(ctx, {
      ...fenceOf(task),
      result: { kind: 'analyze', mediaInfo, build: '' },
      logTail: '',
    });
    await ctx.db.execute(sql`update tasks set run_after = now() where state = 'ready'`);
  }
  expect(await jobStatus(ctx, jobId)).toBe('failed');
  expect(await taskStates(ctx, jobId)).toEqual({ analyze: ['failed'] });
});

test('a chunk is not done before all of its segments are announced', async () => {
  const { chunk } = await claimedChunk();
  const result = { kind: 'encode-video', frames: 100, segments: 2, encoder: 'test' } as const;
  await announce(ctx, fenceOf(chunk), ['480p'], 0, [50]);
  const early = await acceptResult(ctx, { ...fenceOf(chunk), result, logTail: '' });
  expect(early.verdict).toBe('retry');
  await announce(ctx, fenceOf(chunk), ['480p'], 1, [50]);
  const complete = await acceptResult(ctx, { ...fenceOf(chunk), result, logTail: '' });
  expect(complete.verdict).toBe('accepted');
});

async function claimedChunk() {
  await plannedJob(ctx, 4, {
    ...{ renditions: [{ height: 480, crf: 23 }], preset: 'veryfast' },
    ...{ audio_bitrate_kbps: 128, packaging: ['mp4'] },
  });
  const chunk = (await claimStarted(ctx, 8)).find((task) => task.spec.kind === 'encode-video');
  if (!chunk) throw new Error('no chunk was claimable');
  return { chunk };
}

async function loseLease(taskId: string): Promise<void> {
  await ctx.db.execute(sql`update tasks set lease_expires_at = now() where id = ${taskId}::uuid`);
  await expireTask(ctx, taskId);
  await ctx.db.execute(sql`update tasks set run_after = now() where id = ${taskId}::uuid`);
}

async function attemptsOfSegments(jobId: string) {
  return rowsOf(
    ctx.db,
    sql`select number, attempt from segments where job_id = ${jobId}::uuid order by number`,
    z.object({ number: z.number(), attempt: z.number() }),
  );
}
