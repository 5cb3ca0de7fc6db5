import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { TaskFailure } from '../task-failure.ts';
import type { SignedRequest } from './signed-request.ts';

/** A presigned request for the object, a new one when asked for a fresh one. */
export type Sign = (fresh: boolean) => Promise<SignedRequest>;

/** What storage answered: what was wanted, or a status that another try may change. */
export type Answer<T> = { done: T } | { status: number; body: string };

/** A failure costs the task one of few: storage may be away for this long before it counts as one. */
const PATIENCE_MS = 120_000;
const MAX_DELAY_MS = 8_000;

/**
 * Sends one request to storage until it is done, for about two minutes after it first went wrong; then throws
 * `storage_unavailable`. After a 403 the URL is asked for anew. Ends at once when `send` throws a `TaskFailure`, or with the
 * signal's reason.
 */
export async function keepTrying<T>(
  { clock, random }: { clock: Clock; random: Random },
  sign: Sign,
  { what, signal }: { what: string; signal: AbortSignal },
  send: (signed: SignedRequest) => Promise<Answer<T>>,
): Promise<T> {
  let fresh = false;
  let awaySince: number | null = null;
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    let trouble: unknown;
    try {
      const answer = await send(await sign(fresh));
      if ('done' in answer) return answer.done;
      fresh = answer.status === 403;
      trouble = new Error(statusText(answer));
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TaskFailure) throw error;
      trouble = error;
    }
    awaySince ??= clock.monotonic();
    const delayMs = fresh && tries === 1 ? 0 : backoffMs(tries, random, MAX_DELAY_MS);
    if (clock.monotonic() + delayMs - awaySince > PATIENCE_MS) throw storageUnavailable(what, trouble);
    if (delayMs > 0) await clock.sleep(delayMs, signal);
  }
}

function statusText({ status, body }: { status: number; body: string }): string {
  const code = /<Code>([^<]{1,60})<\/Code>/.exec(body)?.[1];
  return `HTTP ${status}${code ? ` ${code}` : ''}`;
}

function storageUnavailable(what: string, cause: unknown): TaskFailure {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaskFailure('storage_unavailable', `${what}: ${reason}`, { cause });
}
