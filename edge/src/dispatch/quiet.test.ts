import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { rowsOf } from '../db/database.ts';
import { projects } from '../db/schema.ts';
import { seeWorkers } from '../tasks/see-workers.ts';
import { submitJob, WORKER } from '../testing/job-driver.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { withTimeForOneStep } from '../testing/time-for-one-step.ts';
import { maintain } from './maintain.ts';
import { restUntil } from './rest-until.ts';

const KEY = 'uploads/default/quiet/video.mp4';
let outside: TestContext;
let settled: (number | null)[] = [];

beforeAll(async () => {
  outside = await openTestContext({
    quiet: {
      stir: async () => {},
      isQuiet: async () => false,
      settle: async (until) => {
        settled.push(until);
      },
    },
  });
  await outside.ctx.storage.putOnce(KEY, 'video', 'video/mp4');
});
afterAll(() => outside.close());

async function secondsOfRest(): Promise<number | null> {
  const until = await restUntil(outside.ctx);
  return until === null ? null : Math.round((until - outside.ctx.now()) / 1000);
}

test('an installation with nothing to do rests for an hour', async () => {
  expect(await secondsOfRest()).toBe(3_600);
  settled = [];
  await maintain(outside.ctx);
  expect(settled).toHaveLength(1);
  expect(settled[0]).toBeGreaterThan(outside.ctx.now() + 3_500_000);
});

test('what could not be done leaves no rest', async () => {
  const away = {
    ...outside.ctx,
    storage: {
      ...outside.ctx.storage,
      head: async () => {
        throw new Error('away');
      },
      deleteMany: async () => {
        throw new Error('away');
      },
    },
    nudges: {
      sendBatch: async () => {
        throw new Error('away');
      },
    },
  };
  await outside.ctx.db.execute(sql`insert into outbox (task_id) values (gen_random_uuid())`);
  settled = [];
  await maintain(away);
  expect(settled).toEqual([null]);
  await outside.ctx.db.execute(sql`delete from outbox`);
});

test('workers that were there when it came to rest are taken for alive, until others are heard', async () => {
  await seeWorkers(outside.ctx, [
    { ...WORKER, id: 'one' },
    { ...WORKER, id: 'two' },
  ]);
  await restUntil(outside.ctx);
  const seen = async () =>
    rowsOf(
      outside.ctx.db,
      sql`select id, last_seen_at > now() + interval '5 minutes' as presumed from workers order by id`,
      z.object({ id: z.string(), presumed: z.boolean() }),
    );
  expect(await seen()).toEqual([
    { id: 'one', presumed: true },
    { id: 'two', presumed: true },
  ]);
  await seeWorkers(outside.ctx, [{ ...WORKER, id: 'one' }]);
  expect(await seen()).toEqual([
    { id: 'one', presumed: false },
    { id: 'two', presumed: false },
  ]);
});

test('a job that runs keeps it awake, one that waits for its day does not', async () => {
  const later = new Date(Date.now() + 1_800_000).toISOString();
  await submitJob(outside.ctx, { input_key: KEY, not_before: later });
  expect(await secondsOfRest()).toBeGreaterThan(1_600);
  expect(await secondsOfRest()).toBeLessThan(1_801);
  await submitJob(outside.ctx, { input_key: KEY });
  expect(await secondsOfRest()).toBeNull();
});

test('what time took away only in part leaves no rest', async () => {
  await outside.settled();
  await outside.ctx.db.execute(sql`truncate jobs, outbox cascade`);
  const due = { keepLogsDays: 1, retainAt: new Date(0) };
  await outside.ctx.db.update(projects).set(due);
  settled = [];
  await maintain(withTimeForOneStep(outside.ctx));
  await outside.ctx.db.update(projects).set(due);
  await maintain(outside.ctx);
  expect(settled).toEqual([null, expect.any(Number)]);
});
