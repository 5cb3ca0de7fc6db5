import { createMiddleware } from 'hono/factory';
import { rateHeaders, requireRate } from '../auth/rate-limiter.ts';
import type { RestEnv } from './rest-env.ts';

/** Holds callers to their rate, and tells them of it. Requests without a caller are not counted. */
export const limitRate = createMiddleware<RestEnv>(async (c, next) => {
  const caller = c.get('caller');
  if (caller) {
    const standing = await c.env.context.rateLimiter.take(caller);
    c.set('rateHeaders', rateHeaders(standing));
    requireRate(standing);
  }
  await next();
});
