import { createMiddleware } from 'hono/factory';
import type { KeyedRequest } from '../idempotency/claim-key.ts';
import { readKey } from '../idempotency/read-key.ts';
import { keepNoAnswer, releaseKey, storeAnswer } from '../idempotency/settle-key.ts';
import { takeUp } from '../idempotency/take-up.ts';
import { Refusal } from '../refusal.ts';
import type { RestEnv } from './rest-env.ts';

/** Larger bodies than any operation takes are not read. */
const MAX_BODY_BYTES = 4 * 1024 ** 2;
const KEPT_HEADERS = ['content-type', 'location', 'etag'];
/** These say nothing of the request itself: it may run again. */
const NOT_KEPT = new Set([401, 403, 408, 409, 429]);

/** Whether an answer of this status depends on the moment rather than on the request. */
export function isPassingStatus(status: number): boolean {
  return status >= 500 || NOT_KEPT.has(status);
}

/**
 * IETF draft "Idempotency-Key": the same key and request again gets the first answer, for 24 hours. The ids that the
 * request makes derive from the key, so that even a first try that died half way is not done twice.
 */
export const idempotency = createMiddleware<RestEnv>(async (c, next) => {
  const header = c.req.header('idempotency-key');
  if (c.req.method !== 'POST' || header === undefined || !c.get('caller')) return next();
  const ctx = c.env.context;
  const request = {
    projectId: c.get('projectId'),
    key: readKey(header),
    fingerprint: await fingerprint(c.req.raw, c.get('caller').actor),
  };
  const taken = await takeUp(ctx, request);
  if ('stored' in taken) {
    const { stored } = taken;
    c.res = new Response(stored.status === 204 ? null : stored.body, stored);
    c.header('idempotency-replayed', 'true');
    return;
  }
  c.env = { ...c.env, context: taken.ctx };
  await next();
  if (c.get('isPassing')) await releaseKey(c.env.context, request);
  else await settle(c.env.context, request, c.res);
});

/** Of the caller too: an answer is for whoever may have it, and scopes are looked at only when a request runs. */
async function fingerprint(request: Request, actor: string): Promise<string> {
  const url = new URL(request.url);
  const body = await readBody(request.clone());
  const head = new TextEncoder().encode(`${request.method} ${url.pathname}${url.search}\n${actor}\n`);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

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

async function settle(
  ctx: RestEnv['Bindings']['context'],
  request: KeyedRequest,
  answer: Response,
): Promise<void> {
  if (isPassingStatus(answer.status)) return releaseKey(ctx, request);
  if (answer.ok && answer.headers.get('cache-control') === 'no-store') return keepNoAnswer(ctx, request);
  const headers = Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
  await storeAnswer(ctx, request, { status: answer.status, headers, body: await answer.clone().text() });
}
