import { type Dispatcher, request } from 'undici';
import type { Clock, Random } from '../clock/clock.ts';
import { type SignedRequest, TaskFailure } from '../worker/task-context.ts';
import { MAX_TRIES, retryDelayMs, statusText, storageUnavailable } from './storage-error.ts';
import type { TransferMeter } from './transfer-meter.ts';

const TRY_TIMEOUT_MS = 60_000;

export interface TransferTools {
  http: Dispatcher;
  clock: Clock;
  random: Random;
  meter: TransferMeter;
}

export interface FetchedObject {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/**
 * GETs an object, or a part of it, into memory. Retries what may pass (network, 5xx, 429), asks once more for a URL
 * after each 403, and hands every other status to `judge`, which throws or returns.
 */
export async function fetchObject(
  tools: TransferTools,
  sign: (fresh: boolean) => Promise<SignedRequest>,
  options: {
    what: string;
    headers?: Record<string, string>;
    maxBytes: number;
    signal: AbortSignal;
    judge(answer: FetchedObject): void;
  },
): Promise<FetchedObject> {
  let last: unknown = new Error('not tried');
  let fresh = false;
  for (let n = 1; n <= MAX_TRIES; n += 1) {
    options.signal.throwIfAborted();
    try {
      const signed = await sign(fresh);
      const answer = await get(tools, signed, options.headers ?? {}, options);
      fresh = answer.status === 403;
      if (!fresh && answer.status < 500 && answer.status !== 429) {
        options.judge(answer);
        return answer;
      }
      last = new Error(statusText(answer.status, answer.body.toString('latin1', 0, 2_000)));
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      if (error instanceof TaskFailure) throw error;
      last = error;
    }
    if (n < MAX_TRIES && !(fresh && n === 1)) {
      await tools.clock.sleep(retryDelayMs(n, tools.random), options.signal);
    }
  }
  throw storageUnavailable(`${options.what} could not be read`, last);
}

async function get(
  tools: TransferTools,
  signed: SignedRequest,
  headers: Record<string, string>,
  { maxBytes, signal }: { maxBytes: number; signal: AbortSignal },
): Promise<FetchedObject> {
  const answer = await request(signed.url, {
    dispatcher: tools.http,
    method: 'GET',
    headers: { ...signed.headers, ...headers },
    signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_TIMEOUT_MS)]),
  });
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer.body) {
    length += piece.length;
    tools.meter.downloaded(piece.length);
    if (length > maxBytes)
      throw new TaskFailure('storage_unavailable', 'storage sent more than was asked for');
    pieces.push(piece);
  }
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces, length) };
}
