import { createMiddleware } from 'hono/factory';
import { countCall } from '../metrics/call-metrics.ts';
import { countRequest } from '../metrics/request-metrics.ts';
import type { RestEnv } from './rest-env.ts';
import { routeOf } from './route-of.ts';

/** Counts and times every request, after the response is on its way. */
export const measureRequests = createMiddleware<RestEnv>(async (c, next) => {
  const { context, counters } = c.env;
  const startedAt = context.now();
  await next();
  const endpoint = routeOf(c) ?? 'none';
  const call = c.get('callOutcome') ?? null;
  const request = {
    ...{ method: c.req.method, endpoint, status: call?.status ?? c.res.status },
    seconds: (context.now() - startedAt) / 1000,
  };
  context.waitUntil(
    counters.add([
      ...countRequest(request),
      ...(call ? countCall({ method: endpoint, code: call.code }) : []),
    ]),
  );
});
