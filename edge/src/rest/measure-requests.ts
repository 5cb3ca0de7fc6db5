import { createMiddleware } from 'hono/factory';
import { countRequest } from '../metrics/request-metrics.ts';
import type { RestEnv } from './rest-env.ts';
import { routeOf } from './route-of.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and times every request, after the response is on its way. */
export const measureRequests = createMiddleware<RestEnv>(async (c, next) => {
  const { context, counters } = c.env;
  const startedAt = context.now();
  await next();
  context.waitUntil(
    counters.add(
      countRequest({
        method: METHODS.has(c.req.method) ? c.req.method : 'OTHER',
        endpoint: routeOf(c) ?? 'none',
        status: c.res.status,
        seconds: (context.now() - startedAt) / 1000,
      }),
    ),
  );
});
