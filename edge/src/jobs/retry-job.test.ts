import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { failTask } from '../tasks/fail-task.ts';
import {
  claimStarted,
  completeClaimed,
  fenceOf,
  jobStatus,
  plannedJob,
  runEverything,
  submitJob,
  taskStates,
} from '../testing/job-driver.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { cancelJob } from './cancel-job.ts';
import { loadEvents } from './load-events.ts';
import { publishJob } from './publish-job.ts';
import { retryJob } from './retry-job.ts';

const KEY = 'uploads/default/retry/video.mp4';

let outside: TestContext;
let ctx: Context;

beforeAll(async () => {
  outside = await openTestContext();
  ctx = outside.ctx;
  await ctx.storage.putOnce(KEY, 'video', 'video/mp4');
});
beforeEach(async () => {
  await outside.settled();
  await ctx.db.execute(sql`truncate jobs, outbox cascade`);
});
afterAll(() => outside.close());

const ref = (jobId: string) => ({ projectId: 'default', jobId, actor: 'test' });

describe('a job that is taken up again', () => {
  test('after its last worker was done goes through to its end', async () => {
    const jobId = await plannedJob(ctx);
    const { publishTaskId } = await runEverything(ctx);
    await cancelJob(ctx, ref(jobId));
    await retryJob(ctx, ref(jobId));
    await outside.settled();
    await publishJob(ctx, publishTaskId ?? '');
    expect(await jobStatus(ctx, jobId)).toBe('completed');
    const events = await loadEvents(ctx, { projectId: 'default', jobIds: [jobId], after: 0, limit: 100 });
    const types = events.map((event) => event.type).filter((type) => type.startsWith('job.'));
    expect(types.slice(-5)).toEqual([
      'job.canceled',
      'job.retried',
      'job.playable',
      'job.started',
      'job.completed',
    ]);
  });

  test('makes nothing again that was made', async () => {
    const jobId = await plannedJob(ctx);
    const [first, second] = await claimStarted(ctx, 2);
    if (!first || !second) throw new Error('two tasks were to be claimed');
    await completeClaimed(ctx, first);
    await failTask(ctx, { ...fenceOf(second), code: 'decode_failed', message: 'why', logTail: '' });
    const before = Object.values(await taskStates(ctx, jobId)).flat();
    await retryJob(ctx, ref(jobId));
    const after = Object.values(await taskStates(ctx, jobId)).flat();
    const done = (states: string[]) => states.filter((state) => state === 'done').length;
    expect([done(before), done(after)]).toEqual([2, 2]);
    expect((await runEverything(ctx)).publishTaskId).not.toBeNull();
  });

  test('does not start before its time', async () => {
    const jobId = await submitJob(ctx, { input_key: KEY, not_before: '2036-01-01T00:00:00Z' });
    await cancelJob(ctx, ref(jobId));
    await retryJob(ctx, ref(jobId));
    expect(await claimStarted(ctx, 8)).toEqual([]);
  });
});

test('jobs that wait for their day leave the others their share of the fleet', async () => {
  const jobId = await plannedJob(ctx, 600);
  for (let i = 0; i < 40; i++) await submitJob(ctx, { input_key: KEY, not_before: '2036-01-01T00:00:00Z' });
  await ctx.db.execute(sql`update workers set slots = 64, last_seen_at = now()`);
  const [ready] = await rowsOf(
    ctx.db,
    sql`select count(*)::int as n from tasks where job_id = ${jobId}::uuid and state = 'ready' and kind <> 'publish'`,
    z.object({ n: z.number() }),
  );
  const claimed = await claimStarted(ctx, 8);
  expect(ready?.n).toBeGreaterThan(8);
  expect(claimed).toHaveLength(8);
});
