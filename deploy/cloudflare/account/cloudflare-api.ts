import { z } from 'zod';
import { type ApiError, ApiFailure, failureOf } from './api-failure.ts';
import type { Permission } from './permission.ts';

export interface ApiCall<T> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Below `/accounts/ACCOUNT_ID`, or `/zones`. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
  /** Named when the token may not do this. */
  permission: Permission;
  result: z.ZodType<T>;
}

export interface CloudflareApi {
  accountId: string;
  /** Throws `ApiFailure`. Repeats what got no answer, so whatever creates may find that it has created already. */
  call<T>(call: ApiCall<T>): Promise<T>;
}

export interface ApiSurroundings {
  baseUrl: string;
  accountId: string;
  token: string;
  wait(milliseconds: number): Promise<void>;
  fetch?: typeof fetch;
}

const TRIES = 5;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;
const ANSWER_WITHIN_MS = 30_000;

const envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).nullish(),
  result: z.unknown(),
});

/** Cloudflare's REST API, with a bound on tries and on time. */
export function cloudflareApi(surroundings: ApiSurroundings): CloudflareApi {
  return {
    accountId: surroundings.accountId,
    async call(call) {
      let last: Answer | undefined;
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        if (last) await surroundings.wait(pauseMs(last, attempt));
        last = await sendOnce(surroundings, call);
        if (!last.tryAgain) return readResult(call, last);
      }
      const { status = 0, errors = [], cause } = last ?? {};
      const failure = failureOf(nameOf(call), status, errors, call.permission);
      throw new ApiFailure('unavailable', call.permission, failure.message, cause);
    },
  };
}

interface Answer {
  tryAgain: boolean;
  status: number;
  errors: ApiError[];
  result?: unknown;
  retryAfterSeconds?: number;
  cause?: unknown;
}

async function sendOnce(surroundings: ApiSurroundings, call: ApiCall<unknown>): Promise<Answer> {
  const { baseUrl, token, fetch: send = fetch } = surroundings;
  const below = call.path.startsWith('/zones') ? '' : `/accounts/${surroundings.accountId}`;
  const search = call.query ? `?${new URLSearchParams(call.query)}` : '';
  try {
    const response = await send(`${baseUrl}${below}${call.path}${search}`, {
      method: call.method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const read = envelope.safeParse(parseJson(await response.text()));
    const { status } = response;
    const retryAfterSeconds = Number(response.headers.get('retry-after') ?? Number.NaN);
    const tryAgain = status === 429 || status >= 500;
    if (!read.success) return { tryAgain, status, errors: [], retryAfterSeconds };
    return { tryAgain, status, errors: read.data.errors ?? [], result: read.data.result, retryAfterSeconds };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    return { tryAgain: true, status: 0, errors: [{ code: 0, message }], cause };
  }
}

function readResult<T>(call: ApiCall<T>, { status, errors, result }: Answer): T {
  if (status < 200 || status >= 300) throw failureOf(nameOf(call), status, errors, call.permission);
  const read = call.result.safeParse(result);
  if (read.success) return read.data;
  const message = `${nameOf(call)}: an answer that is not as documented.\n${z.prettifyError(read.error)}`;
  throw new ApiFailure('refused', call.permission, message);
}

function pauseMs({ retryAfterSeconds = Number.NaN }: Answer, attempt: number): number {
  const asked = Number.isFinite(retryAfterSeconds) ? retryAfterSeconds * 1_000 : 0;
  return Math.min(LONGEST_PAUSE_MS, Math.max(asked, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
}

function nameOf({ method, path }: ApiCall<unknown>): string {
  return `${method} ${path}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
