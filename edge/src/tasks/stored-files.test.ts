import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { claimStarted, completeClaimed, fenceOf, plannedJob } from '../testing/job-driver.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { acceptResult } from './accept-result.ts';
import type { ClaimedTask } from './claimed-task.ts';
import { failTask } from './fail-task.ts';
import { heartbeat } from './heartbeat.ts';
import { releaseTask } from './release-task.ts';

/* What attempts leave behind: rows of files and tracks, and what they have read. */

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

const PROFILE = { renditions: [{ height: 480 }], packaging: ['mp4' as const] };

async function claimed(kind: string): Promise<ClaimedTask> {
  await plannedJob(ctx, 4, PROFILE);
  for (let round = 0; round < 4; round += 1) {
    const tasks = await claimStarted(ctx, 8);
    const found = tasks.find((task) => task.spec.kind === kind);
    for (const task of tasks) if (task !== found) await completeClaimed(ctx, task);
    if (found) return found;
  }
  throw new Error(`no ${kind} was claimable`);
}

const filesOf = (jobId: string) =>
  rowsOf(
    ctx.db,
    sql`select name, object_key, task_id, size_bytes::int from files where job_id = ${jobId}::uuid order by name`,
    z.object({ name: z.string(), object_key: z.string(), task_id: z.string(), size_bytes: z.number() }),
  );

test('a completed task leaves a row of each file it stored', async () => {
  const task = await claimed('assemble');
  await completeClaimed(ctx, task);
  const rows = await filesOf(task.job_id);
  expect(rows.map((row) => row.name)).toEqual([
    '480p.mp4',
    'poster.jpg',
    'storyboard-000.jpg',
    'storyboard.vtt',
  ]);
  expect(rows[0]).toEqual({
    ...{ name: '480p.mp4', task_id: task.id, size_bytes: 1_000_000 },
    object_key: `objects/default/${task.id}/1/480p.mp4`,
  });
});

test('and none of a name that is not its own', async () => {
  const storyboard = await claimed('storyboard');
  const names = ['storyboard.vtt', 'storyboard-001.jpg', '../poster.jpg', '480p.mp4', 'storyboard-1.jpg'];
  const files = names.map((name) => ({ name, sizeBytes: 5 }));
  const result = { kind: 'storyboard' as const, pictures: 1, files };
  const { verdict } = await acceptResult(ctx, { ...fenceOf(storyboard), result, logTail: '' });
  expect(verdict).toBe('accepted');
  const rows = (await filesOf(storyboard.job_id)).filter((row) => row.task_id === storyboard.id);
  expect(rows.map((row) => row.name)).toEqual(['storyboard-001.jpg', 'storyboard.vtt']);
});

test('a late completion leaves none', async () => {
  const task = await claimed('assemble');
  await releaseTask(ctx, { ...fenceOf(task), reason: 'drain' });
  const { verdict } = await completeClaimed(ctx, task);
  expect(verdict).toBe('lease_lost');
  expect((await filesOf(task.job_id)).map((row) => row.name)).not.toContain('480p.mp4');
});

test('tracks name the task that began them, and segments where their first picture ends', async () => {
  const chunk = await claimed('encode-video');
  await completeClaimed(ctx, chunk);
  const [row] = await rowsOf(
    ctx.db,
    sql`
      select k.task_id, min(s.key_bytes) as key_bytes from tracks k
      join segments s on s.job_id = k.job_id and s.track = k.name
      where k.job_id = ${chunk.job_id}::uuid and k.name = '480p' group by 1`,
    z.object({ task_id: z.string(), key_bytes: z.number() }),
  );
  expect(row).toEqual({ task_id: chunk.id, key_bytes: 100 });
});

test('what attempts have read adds up, each report counting once', async () => {
  const first = await claimed('encode-video');
  const beat = (task: ClaimedTask, sourceBytesRead: number) =>
    heartbeat(ctx, [{ ...fenceOf(task), sourceBytesRead, workDone: 0, inits: [], segments: [] }]);
  await beat(first, 100);
  await beat(first, 300);
  await beat(first, 300);
  await beat(first, 200);
  expect(await bytesRead(first.id)).toBe(300);
  const failure = { code: 'encoder_failed', message: '', logTail: '', sourceBytesRead: 350 } as const;
  await failTask(ctx, { ...fenceOf(first), ...failure });
  await failTask(ctx, { ...fenceOf(first), ...failure });
  expect(await bytesRead(first.id)).toBe(350);

  const second = await claimAgain(first.id);
  await beat(second, 40);
  expect(await bytesRead(first.id)).toBe(390);
  await beat(first, 9_999);
  await releaseTask(ctx, { ...fenceOf(second), reason: 'drain', sourceBytesRead: 50 });
  const third = await claimAgain(first.id);
  const result = { kind: 'encode-video' as const, frames: 1, segments: 0, encoder: 'e' };
  await acceptResult(ctx, { ...fenceOf(third), result, logTail: '', sourceBytesRead: 7 });
  expect(await bytesRead(first.id)).toBe(407);
});

async function claimAgain(taskId: string): Promise<ClaimedTask> {
  await ctx.db.execute(sql`update tasks set run_after = now() where id = ${taskId}::uuid`);
  const task = (await claimStarted(ctx, 8)).find(({ id }) => id === taskId);
  if (!task) throw new Error('the task was not claimable again');
  return task;
}

async function bytesRead(taskId: string): Promise<number> {
  const [row] = await rowsOf(
    ctx.db,
    sql`select source_bytes_read::int as n from tasks where id = ${taskId}::uuid`,
    z.object({ n: z.number() }),
  );
  return row?.n ?? -1;
}
