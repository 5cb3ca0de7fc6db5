import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ChangeFeed } from '../cache/change-feed.ts';
import type { Context } from '../context.ts';
import { jobEvents } from '../db/schema.ts';
import { countStatements } from '../testing/count-statements.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import type { JobRecord } from './job-record.ts';
import { readStoredJob } from './read-job.ts';
import { type ProjectUpdate, watchProject } from './watch-project.ts';

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, job_events cascade`);
});

/** A feed that says what the test says, and ends when the test ends it. */
function handFeed() {
  const listeners: Parameters<ChangeFeed['listen']>[2][] = [];
  const changes: ChangeFeed = {
    listen: async (_channel, _signal, handlers) => {
      listeners.push(handlers);
    },
  };
  return {
    changes,
    listeners,
    tell: (record: unknown) => listeners.at(-1)?.onRecord(record),
    lose: () => listeners.at(-1)?.onLost(),
  };
}

function watch(context: Context, after: string | null = null): AsyncGenerator<ProjectUpdate> {
  const signal = AbortSignal.timeout(60_000);
  return watchProject(context, { projectId: 'default', origin: 'https://edge.test', signal, after });
}

async function next(updates: AsyncGenerator<ProjectUpdate>): Promise<ProjectUpdate> {
  const { value, done } = await updates.next();
  if (done) throw new Error('the stream has ended');
  return value;
}

/** The numbers of the next events. */
async function nextEvents(updates: AsyncGenerator<ProjectUpdate>, count: number): Promise<number[]> {
  const numbers: number[] = [];
  while (numbers.length < count) {
    const update = await next(updates);
    if (update.type === 'event') numbers.push(update.event.number);
  }
  return numbers;
}

async function happen(jobId: string, numbers: number[], atMs: (index: number) => number): Promise<void> {
  await ctx.db.insert(jobEvents).values(
    numbers.map((number, index) => ({
      ...{ jobId, projectId: 'default', number, version: 1, type: 'rendition.completed', data: {} },
      at: new Date(atMs(index)),
    })),
  );
}

const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);

async function recordOf(jobId: string): Promise<JobRecord> {
  return readStoredJob(ctx, { projectId: 'default', jobId });
}

describe('the events of a project', () => {
  test('are all told of a flood, and what comes after it', async () => {
    const feed = handFeed();
    const jobId = await seedJob(ctx);
    const updates = watch({ ...ctx, changes: feed.changes });
    await next(updates);
    const now = Date.now();
    await happen(jobId, upTo(1_200), () => now);
    expect(await nextEvents(updates, 1_200)).toEqual(upTo(1_200));
    await happen(jobId, [1_201], () => now);
    feed.tell({ ...(await recordOf(jobId)), eventNumber: 1_201 });
    expect(await nextEvents(updates, 1)).toEqual([1_201]);
    await updates.return(undefined);
  });

  test('are told although one that began earlier was numbered later', async () => {
    const feed = handFeed();
    const jobId = await seedJob(ctx);
    const updates = watch({ ...ctx, changes: feed.changes });
    await next(updates);
    const now = Date.now();
    await happen(jobId, [2, 3], (index) => now + 5 - 5 * index);
    expect(await nextEvents(updates, 2)).toEqual([3, 2]);
    await happen(jobId, [1], () => now - 5_000);
    feed.tell({ ...(await recordOf(jobId)), eventNumber: 4 });
    expect(await nextEvents(updates, 1)).toEqual([1]);
    await updates.return(undefined);
  });

  test('are each told once', async () => {
    const feed = handFeed();
    const jobId = await seedJob(ctx);
    const updates = watch({ ...ctx, changes: feed.changes });
    await next(updates);
    const now = Date.now();
    for (let number = 1; number <= 3; number++) {
      await happen(jobId, [number], () => now + number);
      feed.tell({ ...(await recordOf(jobId)), eventNumber: number });
      expect(await nextEvents(updates, 1)).toEqual([number]);
    }
    await updates.return(undefined);
  });
});

describe('progress of a project', () => {
  test('costs no statement', async () => {
    const feed = handFeed();
    const counted = countStatements({ ...ctx, changes: feed.changes });
    const jobId = await seedJob(ctx, { eventNumber: 3 });
    const record = await recordOf(jobId);
    const updates = watch(counted.ctx);
    await next(updates);
    feed.tell(record);
    expect(await next(updates)).toMatchObject({ type: 'progress' });
    const before = counted.count();
    for (let step = 1; step <= 3; step++) {
      feed.tell({ ...record, workDone: step });
      expect(await next(updates)).toMatchObject({ type: 'progress', view: { workDone: step } });
    }
    expect(counted.count()).toBe(before);
    await updates.return(undefined);
  });

  test('is not heaped up for a client that does not read', async () => {
    const feed = handFeed();
    const record = await recordOf(await seedJob(ctx));
    const updates = watch({ ...ctx, changes: feed.changes });
    await next(updates);
    for (let job = 0; job < 2_000; job++) feed.tell({ ...record, id: ctx.random.uuid() });
    feed.tell(record);
    let told = 0;
    for (;;) {
      const update = await next(updates);
      told++;
      if (update.type === 'progress' && update.view.id === record.id) break;
    }
    expect(told).toBeLessThanOrEqual(500);
    await updates.return(undefined);
  });
});

describe('a feed that is lost', () => {
  test('is listened to again, and what was missed is looked up', async () => {
    const feed = handFeed();
    const jobId = await seedJob(ctx);
    // At rest nothing else would look.
    const quiet = { ...ctx.quiet, isQuiet: async () => true };
    const counted = countStatements({ ...ctx, changes: feed.changes, quiet });
    const updates = watch(counted.ctx);
    await next(updates);
    const before = counted.count();
    const pending = nextEvents(updates, 1);
    await vi.waitUntil(() => counted.count() > before);
    feed.lose();
    await happen(jobId, [1], Date.now);
    expect(await pending).toEqual([1]);
    expect(feed.listeners).toHaveLength(2);
    const record = await recordOf(jobId);
    const again = nextEvents(updates, 1);
    await happen(jobId, [2], Date.now);
    feed.tell({ ...record, eventNumber: 2 });
    expect(await again).toEqual([2]);
    await updates.return(undefined);
  });

  test('does not keep the database awake while the installation rests', async () => {
    const isQuiet = vi.fn(async () => true);
    const changes: ChangeFeed = { listen: async (_channel, _signal, { onLost }) => onLost() };
    const counted = countStatements({ ...ctx, changes, quiet: { ...ctx.quiet, isQuiet } });
    const leaving = new AbortController();
    const { signal } = leaving;
    const updates = watchProject(counted.ctx, {
      ...{ projectId: 'default', origin: 'https://edge.test', after: null, signal },
    });
    await updates.next();
    const end = updates.next();
    await vi.waitUntil(() => isQuiet.mock.calls.length === 1, { timeout: 20_000 });
    const before = counted.count();
    await vi.waitUntil(() => isQuiet.mock.calls.length === 3, { timeout: 20_000 });
    expect(counted.count()).toBe(before);
    leaving.abort();
    expect(await end).toEqual({ done: true, value: undefined });
  });
});
