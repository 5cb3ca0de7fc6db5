import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChangeFeed } from '../cache/change-feed.ts';
import { redisChangeFeed } from '../cache/redis-change-feed.ts';
import type { Context } from '../context.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { publishJob } from '../jobs/publish-job.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { claimStarted, plannedJob, runEverything, submitJob } from '../testing/job-driver.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { refreshStatus } from './refresh-status.ts';
import { type JobUpdate, watchJob } from './watch-job.ts';
import { watchProject } from './watch-project.ts';

const KEY = 'uploads/default/watch/video.mp4';
const ORIGIN = 'https://edge.test';

let outside: TestContext;
let ctx: Context;

beforeAll(async () => {
  outside = await openTestContext();
  ctx = outside.ctx;
  await ctx.storage.putOnce(KEY, 'video', 'video/mp4');
});
afterAll(() => outside.close());

function watch(jobId: string, over: { ctx?: Context; after?: number; signal?: AbortSignal } = {}) {
  return watchJob(over.ctx ?? ctx, {
    projectId: 'default',
    jobId,
    origin: ORIGIN,
    signal: over.signal ?? AbortSignal.timeout(20_000),
    after: over.after ?? null,
  });
}

async function next(updates: AsyncGenerator<JobUpdate>): Promise<JobUpdate> {
  const { value, done } = await updates.next();
  if (done) throw new Error('the stream has ended');
  return value;
}

function nameOf(update: JobUpdate): string {
  return update.type === 'event' ? `${update.event.number} ${update.event.type}` : update.type;
}

describe('a job that is watched', () => {
  test('shows how it is, then each event once, and ends with the job', async () => {
    const jobId = await submitJob(ctx, { input_key: KEY });
    const updates = watch(jobId);
    expect(nameOf(await next(updates))).toBe('snapshot');
    await claimStarted(ctx, 8);
    await refreshStatus(ctx, [jobId]);
    expect(nameOf(await next(updates))).toBe('2 job.started');
    await cancelJob(ctx, { projectId: 'default', jobId, actor: 'test' });
    await refreshStatus(ctx, [jobId]);
    const last = await next(updates);
    expect(nameOf(last)).toBe('3 job.canceled');
    expect(last.view.status).toBe('canceled');
    expect(await updates.next()).toEqual({ done: true, value: undefined });
  });

  test('whoever comes again hears what he missed', async () => {
    const jobId = await submitJob(ctx, { input_key: KEY });
    await cancelJob(ctx, { projectId: 'default', jobId, actor: 'test' });
    await retryJob(ctx, { projectId: 'default', jobId, actor: 'test' });
    const updates = watch(jobId, { after: 1 });
    const names = [await next(updates), await next(updates), await next(updates)].map(nameOf);
    expect(names).toEqual(['snapshot', '2 job.canceled', '3 job.retried']);
    await updates.return(undefined);
  });

  test('is followed without Redis too', async () => {
    const nowhere = redisChangeFeed({ url: 'http://127.0.0.1:1', token: 'none' });
    const jobId = await submitJob(ctx, { input_key: KEY });
    const updates = watch(jobId, { ctx: { ...ctx, changes: nowhere } });
    expect(nameOf(await next(updates))).toBe('snapshot');
    await cancelJob(ctx, { projectId: 'default', jobId, actor: 'test' });
    expect(nameOf(await next(updates))).toBe('2 job.canceled');
  });

  test('tells of progress, but not of every step', async () => {
    const jobId = await seedJob(ctx);
    let tell = (_record: unknown) => {};
    const feed: ChangeFeed = {
      listen: async (_channel, _signal, { onRecord }) => {
        tell = onRecord;
      },
    };
    const updates = watch(jobId, { ctx: { ...ctx, changes: feed } });
    const first = await next(updates);
    const pending = next(updates);
    for (let version = 2; version <= 21; version++) tell({ ...first.view, version });
    const told = await pending;
    expect([told.type, told.view.version]).toEqual(['progress', 21]);
    await updates.return(undefined);
  });

  test('of another project does not exist', async () => {
    const jobId = await submitJob(ctx, { input_key: KEY });
    const updates = watchJob(ctx, {
      projectId: 'stranger',
      jobId,
      origin: ORIGIN,
      signal: AbortSignal.timeout(5_000),
      after: null,
    });
    await expect(updates.next()).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('leaves nothing behind when its watcher goes', async () => {
    const jobId = await submitJob(ctx, { input_key: KEY });
    const leaving = new AbortController();
    const updates = watch(jobId, { signal: leaving.signal });
    await next(updates);
    const end = updates.next();
    leaving.abort();
    expect(await end).toEqual({ done: true, value: undefined });
  });
});

describe('the events of a job that runs through', () => {
  test('are numbered without gaps and tell of each rendition', async () => {
    await outside.settled();
    await ctx.db.execute('truncate jobs cascade');
    const jobId = await plannedJob(ctx, 12, {
      renditions: [
        { height: 720, crf: 23 },
        { height: 480, crf: 23 },
      ],
      preset: 'veryfast',
      audio_bitrate_kbps: 128,
      packaging: ['hls', 'mp4'],
    });
    const { publishTaskId } = await runEverything(ctx);
    await publishJob(ctx, publishTaskId ?? '');
    const updates = watch(jobId, { after: 0 });
    const names: string[] = [];
    for await (const update of updates) names.push(nameOf(update));
    expect(names).toEqual([
      'snapshot',
      '1 job.created',
      '2 job.started',
      '3 rendition.completed',
      '4 rendition.completed',
      '5 job.playable',
      '6 job.completed',
    ]);
  });
});

describe('a project that is watched', () => {
  test('shows jobs under way, then every event of every job', async () => {
    await outside.settled();
    await ctx.db.execute('truncate jobs cascade');
    const before = await submitJob(ctx, { input_key: KEY });
    const signal = AbortSignal.timeout(20_000);
    const updates = watchProject(ctx, { projectId: 'default', origin: ORIGIN, signal, after: null });
    const first = (await updates.next()).value;
    expect(first).toMatchObject({ type: 'snapshot', jobs: [{ id: before }] });
    const fresh = await submitJob(ctx, { input_key: KEY });
    await refreshStatus(ctx, [fresh]);
    expect((await updates.next()).value).toMatchObject({
      type: 'event',
      event: { job_id: fresh, number: 1, type: 'job.created' },
    });
    await cancelJob(ctx, { projectId: 'default', jobId: before, actor: 'test' });
    await refreshStatus(ctx, [before]);
    expect((await updates.next()).value).toMatchObject({
      type: 'event',
      event: { job_id: before, number: 2, type: 'job.canceled' },
    });
    await updates.return(undefined);
  });

  test("hears nothing of another project's jobs", async () => {
    await ctx.db.execute(`insert into projects (id) values ('stranger') on conflict do nothing`);
    const signal = AbortSignal.timeout(20_000);
    const updates = watchProject(ctx, { projectId: 'stranger', origin: ORIGIN, signal, after: null });
    expect((await updates.next()).value).toMatchObject({ type: 'snapshot', jobs: [] });
    const pending = updates.next();
    const ours = await submitJob(ctx, { input_key: KEY });
    await refreshStatus(ctx, [ours]);
    const theirs = await seedJob(ctx, { projectId: 'stranger', eventNumber: 1 });
    await ctx.db.execute(
      `insert into job_events (job_id, project_id, number, version, type, data)
       values ('${theirs}', 'stranger', 1, 1, 'job.created', '{}')`,
    );
    await refreshStatus(ctx, [theirs]);
    expect((await pending).value).toMatchObject({ type: 'event', event: { job_id: theirs } });
    await updates.return(undefined);
  });
});
