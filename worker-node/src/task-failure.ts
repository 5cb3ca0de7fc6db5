import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';

/** Thrown by a task for a failure with a name; anything else that is thrown becomes `worker_error`. */
export class TaskFailure extends Error {
  override name = 'TaskFailure';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
