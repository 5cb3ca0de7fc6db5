import type { FailureCode } from '../task/failure-codes.ts';
import { isRetryable } from '../task/failure-codes.ts';
import {
  LEASE_TTL_MS,
  MAX_EXPIRIES,
  MAX_FAILURES,
  MAX_NUDGES,
  POISON_DEATHS,
  retryDelayMs,
  START_WITHIN_MS,
} from '../task/lease-rules.ts';
import { type AttemptOutcome, isFinal, type JobState, type TaskState } from './job-state.ts';

/*
 * The rules of jobs and tasks, as one pure function. The statements in edge/src/tasks and edge/src/jobs do the same in
 * SQL; a test drives both with the same events and compares. The simulation runs this function as its database.
 *
 *   job   queued → processing → completed;  queued | processing → failed | canceled;  the last three are final, but
 *         a failed or canceled job may be retried → queued
 *   task  blocked → ready → running → done; running → ready (lease lost, released, retryable failure) or → failed;
 *         any state but done and failed → canceled; a retry of the job makes failed and canceled ones blocked or ready
 *
 *  - Only the current attempt with its token changes anything. Late news changes nothing and is told so.
 *  - Repeating a report that was accepted is accepted again.
 *  - A dependent becomes ready when its counter reaches zero; counters move with the transition that moves them.
 *  - The job completes with its last task, which is `publish`.
 *  - A task that fails takes its job with it; everything of the job that is not done is canceled.
 *  - A retry keeps what is done. Everything else begins with an empty record, but attempts go on counting.
 */

/** Names the attempt that speaks. */
interface Fence {
  taskId: string;
  attempt: number;
  token: string;
}

/** A task as planning makes it. */
export type NewTask = Pick<
  TaskState,
  'id' | 'kind' | 'rank' | 'needs' | 'unlocks' | 'depsLeft' | 'workTotal'
> & {
  /** What it would make is taken over from an earlier job, null where it is not: then it is done. */
  takenOver?: object | null;
};

/** `random` in [0, 1) places a retry inside its window. Times in milliseconds. */
export type JobEvent =
  | { type: 'claim'; taskId: string; token: string; now: number }
  | ({ type: 'start'; now: number } & Fence)
  | ({ type: 'heartbeat'; now: number; workDone: number } & Fence)
  | ({ type: 'complete'; now: number; planned: readonly NewTask[] } & Fence)
  | ({ type: 'fail'; now: number; code: FailureCode; message: string; random: number } & Fence)
  | ({ type: 'release'; now: number } & Fence)
  | { type: 'expire'; taskId: string; now: number; machineLives: boolean; random: number }
  | { type: 'starve'; taskId: string }
  | { type: 'cancel' }
  | { type: 'retry'; now: number };

export type Verdict = 'accepted' | 'lease_lost' | 'canceled';

/** What a change tells the world, beside the new state. */
export type Effect =
  | { type: 'nudge'; taskId: string }
  | { type: 'job'; event: 'started' | 'completed' | 'failed' | 'canceled' | 'retried' };

export interface Decision {
  verdict: Verdict;
  job: JobState;
  effects: readonly Effect[];
}

/** The state of a job that was just accepted: its first task, ready. */
export function newJob(
  job: Pick<JobState, 'id' | 'projectId' | 'priority' | 'createdAt'>,
  first: NewTask,
): Decision {
  const task = freshTask(first, job.createdAt);
  return {
    verdict: 'accepted',
    job: { ...job, status: 'queued', tasksLeft: 1, failure: null, tasks: new Map([[task.id, task]]) },
    effects: [{ type: 'nudge', taskId: task.id }],
  };
}

export function decide(job: JobState, event: JobEvent): Decision {
  switch (event.type) {
    case 'claim':
      return claim(job, event);
    case 'start':
      return start(job, event);
    case 'heartbeat':
      return heartbeat(job, event);
    case 'complete':
      return complete(job, event);
    case 'fail':
      return fail(job, event);
    case 'release':
      return release(job, event);
    case 'expire':
      return expire(job, event);
    case 'starve':
      return starve(job, event);
    case 'cancel':
      return cancel(job);
    case 'retry':
      return retry(job, event);
    default:
      return event satisfies never;
  }
}

function claim(job: JobState, event: Extract<JobEvent, { type: 'claim' }>): Decision {
  const task = job.tasks.get(event.taskId);
  if (task?.state !== 'ready' || task.runAfter > event.now || isFinal(job.status)) {
    return unchanged(job, 'lease_lost');
  }
  return accepted(
    withTask(job, {
      ...task,
      state: 'running',
      attempt: task.attempt + 1,
      leaseToken: event.token,
      leaseExpiresAt: event.now + START_WITHIN_MS,
      started: false,
      outcome: null,
    }),
  );
}

function start(job: JobState, event: Extract<JobEvent, { type: 'start' }>): Decision {
  const task = holder(job, event);
  if (!task) return refused(job, event);
  const next = withTask(job, { ...task, started: true, leaseExpiresAt: event.now + LEASE_TTL_MS });
  if (job.status !== 'queued') return accepted(next);
  return accepted({ ...next, status: 'processing' }, [{ type: 'job', event: 'started' }]);
}

function heartbeat(job: JobState, event: Extract<JobEvent, { type: 'heartbeat' }>): Decision {
  const task = holder(job, event);
  if (!task) return refused(job, event);
  const workDone = Math.max(task.workDone, Math.min(event.workDone, task.workTotal));
  return accepted(withTask(job, { ...task, workDone, leaseExpiresAt: event.now + LEASE_TTL_MS }));
}

function complete(job: JobState, event: Extract<JobEvent, { type: 'complete' }>): Decision {
  const task = holder(job, event);
  if (!task) return repeated(job, event, 'completed') ?? refused(job, event);
  const tasks = new Map(job.tasks);
  tasks.set(task.id, { ...ended(task, 'completed'), state: 'done', workDone: task.workTotal });
  for (const planned of event.planned) tasks.set(planned.id, freshTask(planned, event.now));
  const nudges: TaskState[] =
    event.planned.length > 0 ? [...tasks.values()].filter((t) => t.state === 'ready') : [];
  for (const id of task.unlocks) {
    const dependent = tasks.get(id);
    if (!dependent) continue;
    const depsLeft = dependent.depsLeft - 1;
    const unlocked = depsLeft === 0 && dependent.state === 'blocked';
    const next: TaskState = unlocked
      ? { ...dependent, depsLeft, state: 'ready', runAfter: event.now }
      : { ...dependent, depsLeft };
    tasks.set(id, next);
    if (unlocked) nudges.push(next);
  }
  const tasksLeft = job.tasksLeft - 1 + event.planned.filter((planned) => !planned.takenOver).length;
  const finished = tasksLeft === 0;
  return accepted({ ...job, tasks, tasksLeft, status: finished ? 'completed' : job.status }, [
    ...nudgesFor(nudges),
    ...(finished ? [{ type: 'job', event: 'completed' } as const] : []),
  ]);
}

function fail(job: JobState, event: Extract<JobEvent, { type: 'fail' }>): Decision {
  const task = holder(job, event);
  if (!task) return repeated(job, event, 'failed') ?? refused(job, event);
  const failures = task.failures + 1;
  const failed: TaskState = { ...ended(task, 'failed'), failures };
  if (!isRetryable(event.code) || failures >= MAX_FAILURES || task.alone) {
    return failJob(job, failed, event.code, event.message);
  }
  return backToReady(job, failed, event.now + retryDelayMs(failures, event.random));
}

function release(job: JobState, event: Extract<JobEvent, { type: 'release' }>): Decision {
  const task = holder(job, event);
  if (!task) return repeated(job, event, 'released') ?? refused(job, event);
  return backToReady(job, ended(task, 'released'), event.now);
}

function expire(job: JobState, event: Extract<JobEvent, { type: 'expire' }>): Decision {
  const task = job.tasks.get(event.taskId);
  if (task?.state !== 'running' || (task.leaseExpiresAt ?? 0) > event.now) {
    return unchanged(job, 'lease_lost');
  }
  const silent = task.started && event.machineLives;
  const silentDeaths = task.silentDeaths + (silent ? 1 : 0);
  const expiries = task.expiries + (task.started ? 1 : 0);
  const expired: TaskState = { ...ended(task, 'expired'), silentDeaths, expiries };
  if ((silent && task.alone) || expiries >= MAX_EXPIRIES) {
    return failJob(
      job,
      expired,
      'worker_crashed',
      `${expiries} workers stopped without a word while running this task`,
    );
  }
  const alone = silentDeaths >= POISON_DEATHS;
  return backToReady(
    job,
    { ...expired, alone },
    event.now + retryDelayMs(silent ? silentDeaths - 1 : 0, event.random),
  );
}

/** No live worker has what the task needs, and none has come for long. */
function starve(job: JobState, event: Extract<JobEvent, { type: 'starve' }>): Decision {
  const task = job.tasks.get(event.taskId);
  if (task?.state !== 'ready') return unchanged(job, 'lease_lost');
  return failJob(job, task, 'no_capable_worker', `No live worker can ${task.needs.join(', ')}`);
}

function cancel(job: JobState): Decision {
  if (job.status === 'canceled') return unchanged(job, 'accepted');
  if (isFinal(job.status)) return unchanged(job, 'lease_lost');
  return accepted({ ...cancelTasks(job), status: 'canceled' }, [{ type: 'job', event: 'canceled' }]);
}

function retry(job: JobState, event: Extract<JobEvent, { type: 'retry' }>): Decision {
  if (job.status !== 'failed' && job.status !== 'canceled') return unchanged(job, 'lease_lost');
  const tasks = new Map(job.tasks);
  const reset = [...tasks.values()]
    .filter((task) => task.state !== 'done')
    .map((task) => anew(task, event.now));
  for (const task of reset) tasks.set(task.id, task);
  return accepted({ ...job, tasks, status: 'queued', failure: null }, [
    ...nudgesFor(reset.filter((task) => task.state === 'ready')),
    { type: 'job', event: 'retried' },
  ]);
}

function anew(task: TaskState, now: number): TaskState {
  return {
    ...task,
    state: task.depsLeft === 0 ? 'ready' : 'blocked',
    failures: 0,
    silentDeaths: 0,
    expiries: 0,
    alone: false,
    runAfter: now,
  };
}

/** The running task that this fence names, if it still holds its lease. */
function holder(job: JobState, fence: Fence): TaskState | null {
  const task = job.tasks.get(fence.taskId);
  return task && task.state === 'running' && sameAttempt(task, fence) ? task : null;
}

function repeated(job: JobState, fence: Fence, outcome: AttemptOutcome): Decision | null {
  const task = job.tasks.get(fence.taskId);
  return task && sameAttempt(task, fence) && task.outcome === outcome ? unchanged(job, 'accepted') : null;
}

function refused(job: JobState, fence: Fence): Decision {
  const task = job.tasks.get(fence.taskId);
  const canceled = task && sameAttempt(task, fence) && task.outcome === 'canceled';
  return unchanged(job, canceled ? 'canceled' : 'lease_lost');
}

function sameAttempt(task: TaskState, fence: Fence): boolean {
  return task.attempt === fence.attempt && task.leaseToken === fence.token;
}

function ended(task: TaskState, outcome: AttemptOutcome): TaskState {
  return { ...task, outcome, leaseExpiresAt: null };
}

function backToReady(job: JobState, task: TaskState, runAfter: number): Decision {
  const next: TaskState = { ...task, state: 'ready', runAfter };
  return accepted(withTask(job, next), nudgesFor([next]));
}

function failJob(job: JobState, task: TaskState, code: FailureCode, message: string): Decision {
  const withFailed = withTask(job, { ...task, state: 'failed' });
  return accepted({ ...cancelTasks(withFailed), status: 'failed', failure: { code, message } }, [
    { type: 'job', event: 'failed' },
  ]);
}

function cancelTasks(job: JobState): JobState {
  const tasks = new Map(job.tasks);
  for (const task of tasks.values()) {
    if (task.state === 'done' || task.state === 'failed' || task.state === 'canceled') continue;
    const stopped = task.state === 'running' ? ended(task, 'canceled') : task;
    tasks.set(task.id, { ...stopped, state: 'canceled' });
  }
  return { ...job, tasks };
}

function freshTask({ takenOver, ...task }: NewTask, now: number): TaskState {
  return {
    ...task,
    state: takenOver ? 'done' : task.depsLeft === 0 ? 'ready' : 'blocked',
    workDone: takenOver ? task.workTotal : 0,
    attempt: 0,
    failures: 0,
    silentDeaths: 0,
    expiries: 0,
    alone: false,
    leaseToken: null,
    leaseExpiresAt: null,
    started: false,
    outcome: null,
    runAfter: now,
  };
}

/** Nudges for the best of the tasks that became ready. `publish` gets none: the edge runs it. */
function nudgesFor(tasks: readonly TaskState[]): Effect[] {
  return tasks
    .filter((task) => task.kind !== 'publish')
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MAX_NUDGES)
    .map((task) => ({ type: 'nudge', taskId: task.id }));
}

function withTask(job: JobState, task: TaskState): JobState {
  return { ...job, tasks: new Map(job.tasks).set(task.id, task) };
}

function accepted(job: JobState, effects: readonly Effect[] = []): Decision {
  return { verdict: 'accepted', job, effects };
}

function unchanged(job: JobState, verdict: Verdict): Decision {
  return { verdict, job, effects: [] };
}
