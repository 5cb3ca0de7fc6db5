import { type Decision, decide, type JobEvent } from '@millrace/shared/job/decide.ts';
import type { JobState, TaskState } from '@millrace/shared/job/job-state.ts';

/** The attempt that speaks. */
export interface Fence {
  taskId: string;
  attempt: number;
  token: string;
}

/** What the virtual edge decides by. The real rules, or rules with one mistake in them: see sabotage.ts. */
export interface Rules {
  /** `seen` is the job as the statement saw it when it began, before it had its locks. */
  decide(job: JobState, event: JobEvent, seen: JobState): Decision;
  /** Whether an announcement by this attempt counts. */
  mayAnnounce(task: TaskState, fence: Fence): boolean;
  /** Where nudges go: into the outbox with the change itself, or straight to the queue once it was made. */
  nudges: 'outbox' | 'afterwards';
  /** Whether a claim passes over what a pause holds back. */
  pauses: 'heeded' | 'ignored';
}

export const REAL_RULES: Rules = {
  decide,
  mayAnnounce: holds,
  nudges: 'outbox',
  pauses: 'heeded',
};

/** True while this attempt, and no other, has the right to the task. */
export function holds(task: TaskState, fence: Fence): boolean {
  return task.state === 'running' && task.attempt === fence.attempt && task.leaseToken === fence.token;
}
