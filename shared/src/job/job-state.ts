import type { FailureCode } from '../task/failure-codes.ts';
import type { TaskKind } from '../task/task-spec.ts';

export const JOB_STATUSES = ['queued', 'processing', 'completed', 'failed', 'canceled'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const TASK_STATES = ['blocked', 'ready', 'running', 'done', 'failed', 'canceled'] as const;
export type TaskStateName = (typeof TASK_STATES)[number];

/** What happens to a job, as its owner is told of it. Clients branch on these words. */
export const JOB_EVENTS = [
  'job.created',
  'job.started',
  'job.playable',
  'rendition.completed',
  'job.completed',
  'job.failed',
  'job.canceled',
  'job.retried',
  'job.updated',
] as const;
export type JobEventType = (typeof JOB_EVENTS)[number];

/** How an attempt ended. */
export type AttemptOutcome = 'completed' | 'failed' | 'released' | 'expired' | 'canceled';

export interface Failure {
  code: FailureCode;
  message: string;
}

/** A task as the rules see it. Times in milliseconds on the database's clock. */
export interface TaskState {
  readonly id: string;
  readonly kind: TaskKind;
  readonly state: TaskStateName;
  /** Order within the job: smaller first. */
  readonly rank: number;
  readonly needs: readonly string[];
  /** Tasks that wait for this one. */
  readonly unlocks: readonly string[];
  /** How many tasks this one still waits for. */
  readonly depsLeft: number;
  readonly workTotal: number;
  /** High-water mark over all attempts. */
  readonly workDone: number;
  /** Numbered from 1 and never reset; 0 before the first. */
  readonly attempt: number;
  /** Failures that count against the budget. */
  readonly failures: number;
  /** Started attempts that went silent while their machine lived. */
  readonly silentDeaths: number;
  /** Started attempts whose lease ran out, for whatever reason. */
  readonly expiries: number;
  /** The next attempt runs with nothing beside it, and is the last. */
  readonly alone: boolean;
  /** Of the latest attempt; kept when it ends, so that a repeated report is recognised. */
  readonly leaseToken: string | null;
  readonly leaseExpiresAt: number | null;
  readonly started: boolean;
  /** Of the latest attempt; null while it runs and before the first. */
  readonly outcome: AttemptOutcome | null;
  readonly runAfter: number;
}

/** A job with all its tasks: the unit that one statement changes. */
export interface JobState {
  readonly id: string;
  readonly projectId: string;
  readonly status: JobStatus;
  readonly priority: number;
  readonly createdAt: number;
  /** Tasks that are not done. */
  readonly tasksLeft: number;
  readonly failure: Failure | null;
  readonly tasks: ReadonlyMap<string, TaskState>;
}

export function isFinal(status: JobStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'canceled';
}
