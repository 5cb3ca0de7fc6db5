import { randomUUID } from 'node:crypto';
import { decide, type JobEvent, newJob } from '@millrace/shared/job/decide.ts';
import type { JobState, TaskState } from '@millrace/shared/job/job-state.ts';
import { type PlanRequest, planJob } from '@millrace/shared/media/plan.ts';
import { profileObject } from '@millrace/shared/media/profile.ts';
import { chooseTasks } from '@millrace/shared/task/claim-order.ts';
import { LEASE_TTL_MS } from '@millrace/shared/task/lease-rules.ts';
import { sql } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { toGraph } from '../jobs/plan-graph.ts';
import { publishJob } from '../jobs/publish-job.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { submitJob } from '../testing/job-driver.ts';
import { mediaInfoOf } from '../testing/media-info.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { claimTasks } from './claim-tasks.ts';
import { completeTask, type NewGraph } from './complete-task.ts';
import { expireTask } from './expire-task.ts';
import { failTask } from './fail-task.ts';
import { heartbeat } from './heartbeat.ts';
import { releaseTask } from './release-task.ts';
import { startTask } from './start-task.ts';
import { starveTask } from './starve-task.ts';

/*
 * The statements and `decide` are the same rules written twice. Here both are given the same random history of one job,
 * and must agree on every verdict and on every row after each step.
 */

const WORKER = {
  id: 'w',
  machineId: 'm',
  slots: 3,
  freeSlots: 3,
  capabilities: ['libx264', 'aac'],
  version: '1',
};

const SOURCE = 'uploads/default/rules.mp4';
const PROFILE = profileObject.parse({ renditions: [{ height: 480 }], storyboard: false, packaging: ['mp4'] });

let opened: TestContext;
let ctx: Context;

beforeAll(async () => {
  opened = await openTestContext({
    random: { uuid: () => randomUUID(), fraction: () => 0, bytes: (count) => new Uint8Array(count) },
  });
  ctx = opened.ctx;
  await ctx.storage.putOnce(SOURCE, 'bytes', 'video/mp4');
});

afterAll(() => opened.close());

type Step =
  | { do: 'claim'; max: number; freeSlots: number }
  | {
      do: 'start' | 'heartbeat' | 'complete' | 'release' | 'fail' | 'fail-for-good';
      attempt: number;
      workDone: number;
      /** With a token that no attempt was given. */
      forged?: boolean;
    }
  | { do: 'expire'; task: number; machineLives: boolean; due: boolean }
  | { do: 'publish' }
  | { do: 'cancel' }
  | { do: 'retry' }
  | { do: 'starve'; task: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('claim' as const), max: fc.nat(3), freeSlots: fc.nat(3) }),
  },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'start',
        'start',
        'heartbeat',
        'complete',
        'complete',
        'complete',
        'release',
        'fail',
      ),
      attempt: fc.nat(30),
      workDone: fc.nat(60),
      forged: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fail-for-good' as const),
      attempt: fc.nat(30),
      workDone: fc.nat(1),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('expire' as const),
      task: fc.nat(30),
      machineLives: fc.boolean(),
      due: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'publish' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'retry' }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'cancel' }, { do: 'starve', task: 3 }) },
);

test('every history of a job runs the same in SQL and in the rules', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      await opened.settled();
      await ctx.db.execute(sql`truncate jobs, outbox, workers cascade`);
      const history = await begin();
      for (const next of steps) await take(history, next);
    }),
    { numRuns: 40, seed: 7, endOnFailure: true },
  );
});

interface Held {
  taskId: string;
  attempt: number;
  token: string;
}

interface History {
  model: JobState;
  /** Every attempt there ever was: late news comes from the old ones. */
  attempts: Held[];
  /** The model's clock: every step is later than all leases and delays of the one before. */
  clock: number;
}

async function begin(): Promise<History> {
  const jobId = await submitJob(ctx, { input_key: SOURCE });
  const [task] = await rowsOf(
    ctx.db,
    sql`select id from tasks where job_id = ${jobId}::uuid`,
    z.object({ id: z.string() }),
  );
  const first = {
    ...{
      id: task?.id ?? '',
      kind: 'analyze' as const,
      rank: 0,
      needs: [],
      unlocks: [],
      depsLeft: 0,
      workTotal: 1,
    },
  };
  const { job } = newJob({ id: jobId, projectId: 'default', priority: 0, createdAt: 0 }, first);
  const history = { model: job, attempts: [], clock: 0 };
  await expectSame(history);
  return history;
}

async function take(history: History, next: Step): Promise<void> {
  switch (next.do) {
    case 'claim':
      await claimBoth(history, next);
      break;
    case 'expire':
      await expireBoth(history, next);
      break;
    case 'publish':
      await publishBoth(history);
      break;
    case 'cancel':
      await cancelJob(ctx, { projectId: 'default', jobId: history.model.id, actor: 'test' }).catch(() => {});
      apply(history, { type: 'cancel' });
      break;
    case 'retry':
      await retryJob(ctx, { projectId: 'default', jobId: history.model.id, actor: 'test' }).catch(() => {});
      apply(history, { type: 'retry', now: later(history) });
      break;
    case 'starve': {
      const taskId = pick([...history.model.tasks.keys()], next.task);
      if (!taskId) return;
      await starveTask(ctx, taskId);
      apply(history, { type: 'starve', taskId });
      break;
    }
    default:
      await reportBoth(history, next);
  }
  await expectSame(history);
}

async function claimBoth(history: History, { max, freeSlots }: { max: number; freeSlots: number }) {
  await ctx.db.execute(sql`update tasks set run_after = now() where state = 'ready'`);
  const runnable = [...history.model.tasks.values()].filter(
    (t) => t.state === 'ready' && t.kind !== 'publish',
  );
  const running = [...history.model.tasks.values()].filter(
    (t) => t.state === 'running' && t.kind !== 'publish',
  ).length;
  const active = history.model.status === 'queued' || history.model.status === 'processing';
  const [live] = await rowsOf(
    ctx.db,
    sql`select coalesce(sum(slots), 0)::int as slots from workers`,
    z.object({ slots: z.number() }),
  );
  const expected = chooseTasks(
    {
      ready: active
        ? runnable.map((t) => ({
            ...t,
            taskId: t.id,
            jobId: history.model.id,
            projectId: 'default',
            priority: 0,
            // What pauses do to a choice is for claim-quota.test.ts.
            codec: null,
            jobCreatedAt: 0,
            waitedMs: 0,
          }))
        : [],
      runningByJob: new Map([[history.model.id, running]]),
      runningByProject: new Map([['default', running]]),
      quotaByProject: new Map(),
      pauses: [],
      liveSlots: live?.slots ?? 0,
      activeJobs: active ? 1 : 0,
    },
    { ...WORKER, freeSlots },
    max,
  );
  const claimed = await claimTasks(ctx, { ...WORKER, freeSlots }, max);
  expect(claimed.map((task) => task.id).sort()).toEqual([...expected].sort());
  for (const task of claimed) {
    history.attempts.push({ taskId: task.id, attempt: task.attempt, token: task.lease_token });
    apply(history, { type: 'claim', taskId: task.id, token: task.lease_token, now: later(history) });
  }
}

async function reportBoth(history: History, news: Extract<Step, { attempt: number }>) {
  const genuine = pick(history.attempts, news.attempt);
  if (!genuine) return;
  const held = news.forged ? { ...genuine, token: randomUUID() } : genuine;
  const fence = { taskId: held.taskId, attempt: held.attempt, leaseToken: held.token };
  const now = later(history);
  switch (news.do) {
    case 'start': {
      const { verdict } = await startTask(ctx, fence);
      expect(verdict).toBe(apply(history, { type: 'start', now, ...held }));
      break;
    }
    case 'heartbeat': {
      const [answer] = await heartbeat(ctx, [{ ...fence, workDone: news.workDone, inits: [], segments: [] }]);
      expect(answer?.verdict).toBe(
        apply(history, { type: 'heartbeat', now, workDone: news.workDone, ...held }),
      );
      break;
    }
    case 'complete':
      await completeBoth(history, held);
      break;
    case 'release': {
      const { verdict } = await releaseTask(ctx, { ...fence, reason: 'drain' });
      expect(verdict).toBe(apply(history, { type: 'release', now, ...held }));
      break;
    }
    default: {
      const code = news.do === 'fail' ? 'encoder_failed' : 'decode_failed';
      const { verdict } = await failTask(ctx, { ...fence, code, message: 'why', logTail: '' });
      expect(verdict).toBe(apply(history, { type: 'fail', now, code, message: 'why', random: 0, ...held }));
    }
  }
}

async function completeBoth(history: History, held: Held) {
  const kind = history.model.tasks.get(held.taskId)?.kind;
  const fence = { taskId: held.taskId, attempt: held.attempt, leaseToken: held.token };
  const mediaInfo = mediaInfoOf({ seconds: 12 });
  const request = { mediaInfo, profile: PROFILE, fleet: { slots: 2 }, sidecars: [] };
  const graph = kind === 'analyze' ? await graphWithReuse(request) : null;
  const { verdict } = await completeTask(ctx, {
    ...fence,
    result: kind === 'analyze' ? { kind, mediaInfo, build: '' } : { kind: 'publish' },
    logTail: '',
    ...{ segmentsPerTrack: 0, graph, projectId: 'default' },
  });
  const event: JobEvent = { type: 'complete', now: later(history), planned: graph?.tasks ?? [], ...held };
  expect(verdict).toBe(apply(history, event));
}

/** The poster is one that another job has made. */
async function graphWithReuse(request: PlanRequest): Promise<NewGraph> {
  const outcome = planJob(request);
  if (!outcome.planned) throw new Error(outcome.message);
  const jobId = await seedJob(ctx, { status: 'completed' });
  const taskId = await seedTask(ctx, jobId, { kind: 'poster', state: 'done' });
  const result = { kind: 'poster' as const, name: 'poster.jpg', width: 2, height: 2, sizeBytes: 1 };
  const poster = { jobId, taskId, result, tracks: [], files: [] };
  const tasks = outcome.tasks.map((task) => {
    return { ...task, fingerprints: [], takenOver: task.spec.kind === 'poster' ? poster : null };
  });
  return toGraph(request, outcome.plan, tasks, ctx.random.uuid);
}

async function publishBoth(history: History) {
  const task = [...history.model.tasks.values()].find((t) => t.kind === 'publish' && t.state === 'ready');
  if (!task) return;
  await publishJob(ctx, task.id);
  const [row] = await rowsOf(
    ctx.db,
    sql`select lease_token from tasks where id = ${task.id}::uuid`,
    z.object({ lease_token: z.string() }),
  );
  const fence = { taskId: task.id, attempt: task.attempt + 1, token: row?.lease_token ?? '' };
  const isQueued = history.model.status === 'queued';
  apply(history, { type: 'claim', taskId: task.id, token: fence.token, now: later(history) });
  if (isQueued) apply(history, { type: 'start', now: later(history), ...fence });
  apply(history, { type: 'complete', now: later(history), planned: [], ...fence });
}

async function expireBoth(history: History, { task, machineLives, due }: Extract<Step, { do: 'expire' }>) {
  const taskId = pick(
    [...history.model.tasks.values()].filter((t) => t.state === 'running'),
    task,
  )?.id;
  if (!taskId) return;
  const sight = machineLives ? LEASE_TTL_MS : 0;
  // Its own worker is not heard from again; another one on the machine may be.
  await ctx.db.execute(sql`
    update tasks set lease_expires_at = case when ${due}::boolean then now() else now() + interval '1 minute' end,
                     heard_at = now() - interval '1 minute' where id = ${taskId}::uuid`);
  await ctx.db.execute(sql`
    with others as (update workers set last_seen_at = now() - interval '1 minute' where id <> 'neighbour')
    insert into workers (id, machine_id, slots, free_slots, capabilities, version, last_seen_at)
    values ('neighbour', ${WORKER.machineId}, 0, 0, '{}', '1',
            now() - interval '1 minute' + ${sight}::int * interval '1 millisecond')
    on conflict (id) do update set last_seen_at = excluded.last_seen_at`);
  await expireTask(ctx, taskId);
  await ctx.db.execute(sql`update workers set last_seen_at = now()`);
  if (due) apply(history, { type: 'expire', taskId, now: later(history), machineLives, random: 0 });
}

function later(history: History): number {
  history.clock += 86_400_000;
  return history.clock;
}

function apply(history: History, event: JobEvent): string {
  const { job, verdict } = decide(history.model, event);
  history.model = job;
  return verdict;
}

const jobRow = z.object({ status: z.string(), tasks_left: z.number(), failure_code: z.string().nullable() });
const taskRow = z.object({
  id: z.string(),
  state: z.string(),
  deps_left: z.number(),
  attempt: z.number(),
  failures: z.number(),
  silent_deaths: z.number(),
  expiries: z.number(),
  alone: z.boolean(),
  lease_token: z.string().nullable(),
  leased: z.boolean(),
  outcome: z.string().nullable(),
  work_done: z.number(),
  ended: z.number(),
});

async function expectSame({ model }: History): Promise<void> {
  const jobs = await rowsOf(
    ctx.db,
    sql`select status, tasks_left, failure_code from jobs where id = ${model.id}::uuid`,
    jobRow,
  );
  expect(jobs).toEqual([
    { status: model.status, tasks_left: model.tasksLeft, failure_code: model.failure?.code ?? null },
  ]);
  const tasks = await rowsOf(
    ctx.db,
    sql`
      select id, state, deps_left, attempt, failures, silent_deaths, expiries, alone, lease_token, outcome, work_done,
             lease_expires_at is not null as leased, jsonb_array_length(attempts) as ended
      from tasks where job_id = ${model.id}::uuid order by id`,
    taskRow,
  );
  expect(tasks).toEqual([...model.tasks.values()].sort((a, b) => (a.id < b.id ? -1 : 1)).map(asRow));
}

function asRow(task: TaskState): z.infer<typeof taskRow> {
  return {
    id: task.id,
    state: task.state,
    deps_left: task.depsLeft,
    attempt: task.attempt,
    failures: task.failures,
    silent_deaths: task.silentDeaths,
    expiries: task.expiries,
    alone: task.alone,
    lease_token: task.leaseToken,
    leased: task.leaseExpiresAt !== null,
    outcome: task.outcome,
    work_done: task.workDone,
    ended: task.state === 'running' ? task.attempt - 1 : task.attempt,
  };
}

function pick<T>(list: readonly T[], index: number): T | undefined {
  return list[index % Math.max(1, list.length)];
}
