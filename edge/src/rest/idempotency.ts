import { createMiddleware } from 'hono/factory';
import { isGraphqlPath } from '../graphql/graphql-problem.ts';
import type { KeyedRequest } from '../idempotency/claim-key.ts';
import { fingerprint } from '../idempotency/fingerprint.ts';
import { erased, refusalIn } from '../idempotency/kept-refusal.ts';
import { readKey } from '../idempotency/read-key.ts';
import { settleAnswer } from '../idempotency/settle-answer.ts';
import { keepNoAnswer } from '../idempotency/settle-key.ts';
import { type KeyedRun, takeUp } from '../idempotency/take-up.ts';
import { problemJson } from '../problem-json.ts';
import { Refusal } from '../refusal.ts';
import type { RestEnv } from './rest-env.ts';

/** Larger bodies than any operation takes are not read. */
const MAX_BODY_BYTES = 4 * 1024 ** 2;
const KEPT_HEADERS = ['content-type', 'location', 'etag'];

/**
 * IETF draft "Idempotency-Key": the same key and request again gets the first answer, for 24 hours. The ids that the
 * request makes derive from the key, so that even a first try that died half way is not done twice.
 */
export const idempotency = createMiddleware<RestEnv>(async (c, next) => {
  const header = c.req.header('idempotency-key');
  if (c.req.method !== 'POST' || header === undefined || !c.get('caller')) return next();
  const ctx = c.env.context;
  const key = readKey(header);
  const url = new URL(c.req.url);
  const operation = `${c.req.method} ${url.pathname}${url.search}`;
  const { actor } = c.get('caller');
  const body = await readBody(c.req.raw.clone());
  const request = {
    projectId: c.get('projectId'),
    key,
    fingerprint: await fingerprint({ operation, actor, body }),
  };
  const taken = await takeUp(ctx, request);
  if ('stored' in taken) {
    const { stored } = taken;
    const refusal = isGraphqlPath(url.pathname) ? refusalIn(stored) : null;
    if (refusal) throw refusal;
    c.res = new Response(stored.status === 204 ? null : stored.body, stored);
    c.header('idempotency-replayed', 'true');
    return;
  }
  const { run } = taken;
  c.env = { ...c.env, context: run.ctx };
  await next();
  if (c.get('isPassing') || isSecret(c.res)) await keepNoAnswer(ctx, request);
  else await settle(run, request, c.res, new TextDecoder().decode(body));
});

/** A body that comes in chunks does not say how long it is: no more of it is read than is taken. */
async function readBody(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const announced = Number(request.headers.get('content-length') ?? 0);
  const reader = announced > MAX_BODY_BYTES ? undefined : request.body?.getReader();
  for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
    length += read.value.length;
    if (length > MAX_BODY_BYTES) break;
    chunks.push(read.value);
  }
  // The rest is left: canceling one of two readers of a body waits for the other.
  if (Math.max(announced, length) > MAX_BODY_BYTES) {
    throw new Refusal('body_too_large', `The body may have at most ${MAX_BODY_BYTES} bytes.`);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function isSecret(answer: Response): boolean {
  return answer.ok && answer.headers.get('cache-control') === 'no-store';
}

async function settle(run: KeyedRun, request: KeyedRequest, answer: Response, asked: string): Promise<void> {
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  const { status } = answer;
  const body = await answer.clone().text();
  const erasedEntry = { job: null, error: problemJson(erased('job_not_found')) };
  await settleAnswer(run, request, { status, headers, body, asked, erasedEntry });
}
