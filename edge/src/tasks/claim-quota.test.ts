import { randomUUID } from 'node:crypto';
import { type Claimable, chooseTasks } from '@millrace/shared/task/claim-order.ts';
import { type DispatchPause, isPaused } from '@millrace/shared/task/dispatch-pause.ts';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { dispatchPauses } from '../db/schema.ts';
import { PLAN, seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { type Claimer, claimTasks } from './claim-tasks.ts';

const SPEC = { kind: 'analyze', source: { key: 'uploads/a', sizeBytes: 1, etag: '"e"' } };

const STORYBOARD = {
  ...{ kind: 'storyboard', frameRate: { num: 25, den: 1 }, gopFrames: 50, totalFrames: 50, everyGops: 1 },
  ...{ width: 2, height: 2, columns: 1, rows: 1, rendition: PLAN.renditions[0] },
};

const WORKER: Claimer = {
  id: 'worker',
  machineId: 'machine',
  slots: 8,
  freeSlots: 8,
  capabilities: ['libx264', 'aac'],
  version: '1',
};

let opened: TestContext;
let ctx: Context;
beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
  await ctx.db.execute(sql`insert into projects (id) values ('other')`);
});
afterAll(() => opened.close());
beforeEach(async () => {
  await opened.settled();
  await ctx.db.execute(sql`truncate jobs, outbox, workers, dispatch_pauses cascade`);
  await setQuotas({});
});

test('claims at the same time give a project no more than its quota, and others all there is', async () => {
  await setQuotas({ default: 3 });
  for (let i = 0; i < 8; i++) {
    const jobId = await seedJob(ctx);
    for (let rank = 0; rank < 4; rank++) await seedReady(jobId, 'default', { rank });
  }
  const jobId = await seedJob(ctx, { projectId: 'other' });
  for (let rank = 0; rank < 4; rank++) await seedReady(jobId, 'other', { rank });

  const claims = await Promise.all(
    Array.from({ length: 10 }, (_, i) => claimTasks(ctx, { ...WORKER, id: `w${i}` }, 2)),
  );
  const claimed = [...claims.flat(), ...(await claimTasks(ctx, WORKER, 8))];
  expect(claimed.filter((task) => task.project_id === 'default')).toHaveLength(3);
  expect(claimed.filter((task) => task.project_id === 'other')).toHaveLength(4);

  const [ended] = claimed.filter((task) => task.project_id === 'default');
  await ctx.db.execute(sql`update tasks set state = 'done' where id = ${ended?.id}::uuid`);
  expect(await claimTasks(ctx, WORKER, 8)).toMatchObject([{ project_id: 'default' }]);
});

test('two claims for different tasks, both begun before either ended, share the quota', async () => {
  await setQuotas({ default: 1 });
  const jobId = await seedJob(ctx);
  await seedReady(jobId, 'default', { needs: ['libx264'] });
  await seedReady(jobId, 'default', { needs: ['aac'] });

  const gate = new pg.Client({ connectionString: ctx.config.databaseUrl });
  await gate.connect();
  try {
    await gate.query('begin');
    await gate.query(`select from projects where id = 'default' for update`);
    const claims = ['libx264', 'aac'].map((capability) =>
      claimTasks(ctx, { ...WORKER, id: capability, capabilities: [capability] }, 1),
    );
    await expect.poll(() => waitingForLocks(gate), { timeout: 10_000, interval: 20 }).toBe(2);
    await gate.query('commit');
    expect((await Promise.all(claims)).flat()).toHaveLength(1);
  } finally {
    await gate.end();
  }
});

test('the statement chooses as the rules do', async () => {
  const quota = fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined });
  const job = fc.record({
    projectId: fc.constantFrom('default', 'other'),
    priority: fc.constantFrom(0, 0, 5),
    ready: fc.nat(4),
    running: fc.nat(2),
    alone: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    codecs: fc.array(fc.constantFrom('h264', 'av1', 'vp9', null), { minLength: 4, maxLength: 4 }),
  });
  const pause: fc.Arbitrary<DispatchPause> = fc.record({
    projectId: fc.constantFrom('default', 'other', null),
    codec: fc.constantFrom('h264', 'av1', 'opus', null, 'av1', 'h264'),
  });
  const scope = ({ projectId, codec }: DispatchPause) => `${projectId} ${codec}`;
  await fc.assert(
    fc.asyncProperty(
      fc.record({ default: quota, other: quota }),
      fc.array(job, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 8 }),
      fc.uniqueArray(pause, { maxLength: 2, selector: scope }),
      async (quotas, jobs, max, pauses) => {
        await opened.settled();
        await ctx.db.execute(sql`truncate jobs, outbox, workers, dispatch_pauses cascade`);
        await setQuotas(quotas);
        await setPauses(pauses);
        const ready: Claimable[] = [];
        const runningByJob = new Map<string, number>();
        const runningByProject = new Map<string, number>();
        for (const [index, { projectId, priority, alone, codecs, ...counts }] of jobs.entries()) {
          const jobCreatedAt = Date.UTC(2026, 0, 1, 0, index);
          const jobId = await seedJob(ctx, { projectId, priority, createdAt: new Date(jobCreatedAt) });
          for (let rank = 0; rank < counts.ready; rank++) {
            const lonely = alone && rank === 0;
            const codec = codecs[rank] ?? null;
            const taskId = await seedReady(jobId, projectId, { rank, alone: lonely, spec: specOf(codec) });
            const known = { taskId, jobId, projectId, priority, rank, codec, jobCreatedAt };
            ready.push({ ...known, needs: [], alone: lonely, waitedMs: 0 });
          }
          for (let i = 0; i < counts.running; i++) await seedTask(ctx, jobId, { projectId });
          runningByJob.set(jobId, counts.running);
          runningByProject.set(projectId, (runningByProject.get(projectId) ?? 0) + counts.running);
        }
        const limited = Object.entries(quotas).filter(
          (entry): entry is [string, number] => entry[1] !== undefined,
        );
        const scene = {
          ...{ ready, runningByJob, runningByProject, quotaByProject: new Map(limited) },
          // The worker is new to the statement, which counts those it has seen before.
          ...{ liveSlots: 0, pauses },
          activeJobs: jobs.filter(({ projectId }) => !isPaused({ projectId, codec: null }, pauses)).length,
        };
        const claimed = await claimTasks(ctx, WORKER, max);
        expect(claimed.map((task) => task.id).sort()).toEqual(chooseTasks(scene, WORKER, max).sort());
      },
    ),
    { numRuns: 60, seed: 3, endOnFailure: true },
  );
});

async function setQuotas(quotas: {
  default?: number | undefined;
  other?: number | undefined;
}): Promise<void> {
  await ctx.db.execute(sql`
    update projects set concurrent_tasks =
      case id when 'default' then ${quotas.default ?? null}::int else ${quotas.other ?? null}::int end`);
}

/** One that has just run out is in force for nobody. */
async function setPauses(pauses: readonly DispatchPause[]): Promise<void> {
  const values = { reason: 'a test', actor: 'test' };
  for (const pause of pauses)
    await ctx.db.insert(dispatchPauses).values({ id: randomUUID(), ...values, ...pause });
  await ctx.db
    .insert(dispatchPauses)
    .values({ id: randomUUID(), ...values, expiresAt: new Date(Date.now() - 1) })
    .onConflictDoNothing();
}

/** That of a task that works on a codec, or on none. */
function specOf(codec: string | null) {
  if (codec === null) return SPEC;
  return { ...STORYBOARD, rendition: { ...STORYBOARD.rendition, codec } };
}

function seedReady(
  jobId: string,
  projectId: string,
  row: { rank?: number; needs?: string[]; alone?: boolean; spec?: Record<string, unknown> },
): Promise<string> {
  const runAfter = new Date(Date.now() - 1_000);
  return seedTask(ctx, jobId, { projectId, kind: 'analyze', state: 'ready', spec: SPEC, runAfter, ...row });
}

async function waitingForLocks(observer: pg.Client): Promise<number> {
  const { rows } = await observer.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

test('a task that an earlier version planned fails, and the others of its claim are worked on', async () => {
  const outdated = await seedJob(ctx);
  await seedReady(outdated, 'default', { spec: { kind: 'encode-video', chunk: {} } });
  const jobId = await seedJob(ctx, { projectId: 'other' });
  await seedReady(jobId, 'other', {});
  expect(await claimTasks(ctx, WORKER, 8)).toMatchObject([{ job_id: jobId }]);
  await opened.settled();
  const { rows } = await ctx.db.execute(
    sql`select status, failure_code from jobs where id = ${outdated}::uuid`,
  );
  expect(rows).toEqual([{ status: 'failed', failure_code: 'outdated_plan' }]);
});
