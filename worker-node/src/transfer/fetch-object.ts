import { type Dispatcher, request } from 'undici';
import type { Clock, Random } from '../clock/clock.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TracedTools } from '../tracing/traced-tools.ts';
import { keepTrying, type Sign } from './keep-trying.ts';
import type { SignedRequest } from './signed-request.ts';
import type { TransferMeter } from './transfer-meter.ts';

const TRY_TIMEOUT_MS = 60_000;
const MAX_ERROR_BODY = 2_000;

export interface TransferTools extends TracedTools {
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
 * GETs an object, or a part of it, into memory. Keeps trying what may pass (network, 5xx, 429, an expired URL), and hands
 * every other status to `judge`, which throws or returns.
 */
export function fetchObject(
  tools: TransferTools,
  sign: Sign,
  options: {
    what: string;
    headers?: Record<string, string>;
    maxBytes: number;
    signal: AbortSignal;
    judge(answer: FetchedObject): void;
  },
): Promise<FetchedObject> {
  const { what, headers = {}, signal, judge } = options;
  return keepTrying(
    tools,
    sign,
    { object: what, what: `${what} could not be read`, operation: 'get', signal },
    async (signed) => {
      const answer = await get(tools, signed, headers, options);
      const { status, body } = answer;
      if (status === 403 || status === 429 || status >= 500) {
        return { status, body: body.toString('latin1', 0, MAX_ERROR_BODY) };
      }
      judge(answer);
      return { done: answer };
    },
  );
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
