import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import { countRequest } from '../metrics/request-metrics.ts';
import type { RestEnv } from './rest-env.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Counts and times every request, after the response is on its way. */
export const measureRequests = createMiddleware<RestEnv>(async (c, next) => {
  const { context, counters } = c.env;
  const startedAt = context.now();
  await next();
  // Middleware matches everywhere: what is left is the route, and nothing where there is none.
  const route = matchedRoutes(c).findLast(({ path }) => path !== '/*' && path !== '*');
  context.waitUntil(
    counters.add(
      countRequest({
        method: METHODS.has(c.req.method) ? c.req.method : 'OTHER',
        endpoint: route?.path ?? 'none',
        status: c.res.status,
        seconds: (context.now() - startedAt) / 1000,
      }),
    ),
  );
});
