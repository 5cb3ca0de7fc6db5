import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import type { TaskResult } from '@millrace/shared/task/task-spec.ts';
import { TaskFailure } from '../task-failure.ts';

/** Why an attempt was stopped from outside. */
export type StopReason = 'lease_lost' | 'lease_expired' | 'canceled' | 'drain';

/** The reason an attempt's signal carries when it is stopped from outside. */
export class AttemptStopped extends Error {
  override name = 'AttemptStopped';
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`attempt stopped: ${reason}`);
    this.reason = reason;
  }
}

/** How an attempt ends: always a value, never an exception. */
export type AttemptEnd =
  | { outcome: 'completed'; result: TaskResult }
  | { outcome: 'failed'; code: FailureCode; message: string }
  /** Given back: spends no failure. */
  | { outcome: 'released'; reason: string }
  /** Nobody is told: the edge decided it, or will find out by itself. */
  | { outcome: 'abandoned'; reason: Exclude<StopReason, 'drain'> };

/** The end that an error means. `stopped` is the reason of the attempt's signal, if that fired: the first reason wins. */
export function endOf(error: unknown, stopped: unknown): AttemptEnd {
  const cause = stopped ?? error;
  if (cause instanceof AttemptStopped) {
    return cause.reason === 'drain'
      ? { outcome: 'released', reason: 'drain' }
      : { outcome: 'abandoned', reason: cause.reason };
  }
  if (cause instanceof TaskFailure) return { outcome: 'failed', code: cause.code, message: cause.message };
  const message = cause instanceof Error ? cause.message : String(cause);
  return { outcome: 'failed', code: isOutOfResources(cause) ? 'out_of_resources' : 'worker_error', message };
}

const RESOURCE_ERRORS = ['ENOSPC', 'ENOMEM', 'EMFILE', 'ENFILE', 'EDQUOT'];

function isOutOfResources(error: unknown): boolean {
  return error instanceof Error && 'code' in error && RESOURCE_ERRORS.includes(String(error.code));
}
