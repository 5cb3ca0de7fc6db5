import { inSpan } from '@millrace/shared/trace/trace.ts';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TracedTools } from '../tracing/traced-tools.ts';
import type { SignedRequest } from './signed-request.ts';
import { reasonOf, type TransferMeter, type TransferTrouble } from './transfer-meter.ts';

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
export function keepTrying<T>(
  tools: { clock: Clock; random: Random; meter: TransferMeter } & TracedTools,
  sign: Sign,
  request: StorageRequest,
  send: (signed: SignedRequest) => Promise<Answer<T>>,
): Promise<T> {
  const { operation, object } = request;
  const attributes = { 'http.request.method': operation.toUpperCase(), 'millrace.object': object };
  return inSpan(tools.trace, `${operation} object`, { kind: 'client', attributes }, () =>
    untilDone(tools, sign, request, send),
  );
}

export interface StorageRequest {
  /** What is being read or stored. */
  object: string;
  /** What could not be done, when it could not. */
  what: string;
  operation: TransferTrouble['operation'];
  signal: AbortSignal;
}

async function untilDone<T>(
  { clock, random, meter }: { clock: Clock; random: Random; meter: TransferMeter },
  sign: Sign,
  { what, operation, signal }: StorageRequest,
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
      // A URL whose time is over is asked for anew, which is no trouble the first time.
      if (!(fresh && tries === 1)) meter.troubled({ operation, reason: reasonOf(answer.status) });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TaskFailure) throw error;
      trouble = error;
      meter.troubled({ operation, reason: 'network' });
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
