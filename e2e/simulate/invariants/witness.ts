import type { JobEvent } from '@millrace/shared/job/decide.ts';
import { isFinal, type JobState, type TaskState } from '@millrace/shared/job/job-state.ts';
import { ENCODERS } from '@millrace/shared/media/plan/video-tasks.ts';
import type { Witness } from '../edge/change-job.ts';
import type { Tables } from '../edge/tables.ts';
import type { Film } from '../film.ts';
import { trueSegments } from '../fleet/virtual-ffmpeg.ts';
import type { Scenario } from '../scenario.ts';
import type { VirtualStorage } from '../virtual-storage.ts';
import type { AttemptLog } from './attempt-log.ts';
import { checkCompleted } from './check-completed.ts';
import { checkCounters } from './check-counters.ts';
import { checkFailure } from './check-failure.ts';
import type { Violations } from './violations.ts';

export interface WitnessDeps {
  tables: () => Tables;
  storage: VirtualStorage;
  attempts: AttemptLog;
  violations: Violations;
  filmOf(jobId: string): Film;
  scenario: Scenario;
  trace(text: string): void;
}

/** Checks every change as it is made, against what must hold rather than against the rules that made it. */
export interface WatchfulWitness extends Witness {
  readonly acceptedJobs: ReadonlySet<string>;
  /** Nudges that the queue has not been given. */
  nudgesOwed(): string[];
}

export function createWitness(deps: WitnessDeps): WatchfulWitness {
  const { attempts, violations, trace } = deps;
  const acceptedJobs = new Set<string>();
  const completedJobs = new Set<string>();
  const owed = new Map<number, string>();

  function decided({ before, event, verdict, after }: Parameters<Witness['decided']>[0]): void {
    trace(describe(before, event, verdict, after));
    if (after === before) return;
    checkFence(before, event);
    for (const task of after.tasks.values()) {
      const earlier = before.tasks.get(task.id);
      if (earlier && earlier !== task) checkTask(earlier, task, event);
    }
    checkJob(before, after, event);
    if (event.type === 'complete') checkCounters(after, violations);
  }

  function checkFence(before: JobState, event: JobEvent): void {
    switch (event.type) {
      case 'start':
      case 'heartbeat':
      case 'complete':
      case 'fail':
      case 'release': {
        const task = before.tasks.get(event.taskId);
        if (task?.state === 'running' && task.attempt === event.attempt && task.leaseToken === event.token)
          return;
        violations.report(
          'nothing is changed by an attempt that does not hold its lease',
          `${event.type} of ${event.taskId}#${event.attempt} changed a task that is ${task?.state} in attempt ${task?.attempt}`,
        );
        return;
      }
      case 'expire': {
        const leaseEnd = before.tasks.get(event.taskId)?.leaseExpiresAt ?? 0;
        if (leaseEnd > event.now) {
          violations.report(
            'a lease is not taken away before its end',
            `${event.taskId} had until ${leaseEnd}`,
          );
        }
        return;
      }
      case 'claim':
      case 'starve':
      case 'cancel':
      case 'retry':
        return;
      default:
        event satisfies never;
    }
  }

  /** Not asked of the rules: the project and the encoder say what is held back. */
  function checkPauses(taskId: string, at: number): void {
    const job = deps.tables().jobs.get(deps.tables().jobOfTask.get(taskId) ?? '');
    const task = job?.state.tasks.get(taskId);
    if (task?.kind === 'publish') return;
    for (const [name, { projectId, codec, expiresAt }] of deps.tables().pauses) {
      if (expiresAt !== null && expiresAt <= at) continue;
      if (projectId !== null && projectId !== job?.state.projectId) continue;
      if (codec !== null && !task?.needs.includes(encoderOf[codec])) continue;
      violations.report('nothing is claimed that a pause holds back', `${taskId} in spite of ${name}`);
    }
  }

  function checkJob(before: JobState, after: JobState, event: JobEvent): void {
    const isRetried = event.type === 'retry' && before.status !== 'completed' && after.status === 'queued';
    if (isFinal(before.status) && !isRetried) {
      violations.report(
        'a final job never changes but by a retry',
        `${before.id} was ${before.status}, now ${after.status}`,
      );
    }
    if (after.tasks.size !== before.tasks.size && before.tasks.size !== 1) {
      violations.report('a job is planned once', `${before.id} grew from ${before.tasks.size} tasks`);
    }
    if (before.status === after.status) return;
    if (before.status === 'processing' && after.status === 'queued') {
      violations.report('a job never goes back', `${before.id} is queued again`);
    }
    const job = deps.tables().jobs.get(before.id);
    if (after.status === 'completed' && job) {
      if (completedJobs.has(after.id))
        violations.report('a job is published once', `${after.id} completed twice`);
      completedJobs.add(after.id);
      checkCompleted({ ...job, state: after }, deps.filmOf(after.id), deps.storage, violations);
    }
    if (after.status === 'failed') checkFailure(after, deps);
  }

  function checkTask(before: TaskState, after: TaskState, event: JobEvent): void {
    const name = `${after.id}#${after.attempt}`;
    const isFinalTask = ['done', ...(event.type === 'retry' ? [] : ['failed', 'canceled'])].includes(
      before.state,
    );
    if (isFinalTask && before.state !== after.state) {
      violations.report('no task leaves a final state', `${name} was ${before.state}, now ${after.state}`);
    }
    if (after.workDone < before.workDone) {
      violations.report('progress never falls', `${name} fell from ${before.workDone} to ${after.workDone}`);
    }
    if (after.attempt !== before.attempt) {
      if (before.state === 'running') {
        violations.report(
          'one attempt of a task at a time holds a lease',
          `${name} began beside ${before.attempt}`,
        );
      }
      if (after.attempt !== before.attempt + 1 || event.type !== 'claim') {
        violations.report(
          'attempts are numbered upwards, one by one',
          `${name} came after ${before.attempt}`,
        );
      }
    }
    if (!before.started && after.started) attempts.started(after.id, after.attempt);
    if (before.state === 'running' && after.state !== 'running' && after.outcome) {
      attempts.ended(after.id, after.attempt, after.outcome);
    }
  }

  return {
    acceptedJobs,
    nudgesOwed: () => [...owed.values()],
    accepted: (job) => void acceptedJobs.add(job.state.id),
    decided,
    claimed(taskId, attempt, holder, at) {
      checkPauses(taskId, at);
      attempts.claimed({ taskId, attempt, holder });
    },
    announced(job, segment) {
      const task = job.state.tasks.get(segment.taskId);
      const name = `${segment.taskId}#${segment.attempt}`;
      const what = `${segment.track}/${segment.number}`;
      if (task?.state !== 'running' || task.attempt !== segment.attempt) {
        violations.report(
          'only the attempt that holds the lease announces segments',
          `${name} announced ${what} while attempt ${task?.attempt} was ${task?.state}`,
        );
      }
      if (!deps.storage.has(segment.key)) {
        violations.report('what a row names is stored', `${name} announced ${what}, which is not there`);
      }
      const spec = job.tasks.get(segment.taskId)?.spec;
      const mine = spec && trueSegments(spec, deps.filmOf(job.state.id).extraFrames);
      if (!mine?.tracks.includes(segment.track) || !mine.numbers.includes(segment.number)) {
        violations.report('a task announces its own segments', `${name} announced ${what}`);
      }
    },
    nudgeDecided: (nudgeId, taskId) => void owed.set(nudgeId, taskId),
    nudgeQueued: (nudgeId) => void owed.delete(nudgeId),
    erased({ state: job }) {
      acceptedJobs.delete(job.id);
      for (const task of job.tasks.values()) {
        if (task.state === 'running') attempts.ended(task.id, task.attempt, 'canceled');
      }
      trace(`db: ${job.id} is erased`);
    },
  };
}

/** What a task of a codec needs that encodes. */
const encoderOf = { ...ENCODERS, aac: 'aac', opus: 'libopus' };

function describe(before: JobState, event: JobEvent, verdict: string, after: JobState): string {
  const moved = [...after.tasks.values()].filter((task) => before.tasks.get(task.id)?.state !== task.state);
  const moves = moved.slice(0, 6).map((task) => `${task.id} ${task.kind} ${task.state}`);
  const more = moved.length > 6 ? ` and ${moved.length - 6} more` : '';
  const status = before.status === after.status ? '' : `, ${after.id} is ${after.status}`;
  const subject = 'taskId' in event ? event.taskId : before.id;
  const attempt = 'attempt' in event ? `#${event.attempt}` : '';
  return `db: ${event.type} ${subject}${attempt} ${verdict} [${moves.join(', ')}${more}]${status}`;
}
