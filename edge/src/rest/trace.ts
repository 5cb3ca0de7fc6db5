import { createMiddleware } from 'hono/factory';
import type { RestEnv } from './rest-env.ts';

/** W3C trace context, version 00; all-zero ids are invalid. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Takes the caller's trace or begins one, and names it in the answer, beside how the caller stands with its rate. */
export const carryTrace = createMiddleware<RestEnv>(async (c, next) => {
  const given = c.req.header('traceparent') ?? '';
  const { uuid } = c.env.context.random;
  const hex = () => uuid().replaceAll('-', '');
  const traceparent = TRACEPARENT.test(given) ? given : `00-${hex()}-${hex().slice(0, 16)}-01`;
  c.set('traceparent', traceparent);
  c.set('origin', c.env.context.config.publicUrl ?? new URL(c.req.url).origin);
  await next();
  c.header('traceparent', traceparent);
  c.header('x-content-type-options', 'nosniff');
  // Answers hold links that open what they name: no cache that others share may keep them.
  if (!c.res.headers.has('cache-control')) c.header('cache-control', 'private, no-cache');
  for (const [name, value] of Object.entries(c.get('rateHeaders') ?? {})) c.header(name, value);
});
