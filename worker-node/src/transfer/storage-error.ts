import { TaskFailure } from '../worker/task-context.ts';

/** Tries per object before the task is given up; each task is retried as a whole after that. */
export const MAX_TRIES = 6;
const BASE_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;

/** How long to wait before try `n` (from 1 on), with full jitter. */
export function retryDelayMs(n: number, random: () => number): number {
  return Math.floor(random() * Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** n));
}

export function storageUnavailable(what: string, cause: unknown): TaskFailure {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaskFailure('storage_unavailable', `${what}: ${reason}`, { cause });
}

/** A host with room for the object is one with room for the answer too: bodies of errors are cut here. */
const MAX_ERROR_BODY = 300;

export function statusText(status: number, body: string): string {
  const code = /<Code>([^<]{1,60})<\/Code>/.exec(body)?.[1];
  return `HTTP ${status}${code ? ` ${code}` : ''}`.slice(0, MAX_ERROR_BODY);
}
