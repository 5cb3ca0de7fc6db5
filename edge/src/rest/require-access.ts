import { createMiddleware } from 'hono/factory';
import { authenticate } from '../auth/authenticate.ts';
import { authorizeMetrics } from '../auth/authorize-metrics.ts';
import type { RestEnv } from './rest-env.ts';

/** Paths that need no key: those that tell nothing, the documentation, playback, which carries its own, and RPC, which asks itself. */
const OPEN = [
  /^\/health$/,
  /^\/playback\//,
  /^\/millrace\.v1\.(JobService|OperationsService)\//,
  /^\/openapi\.json$/,
  /^\/docs(\/|$)/,
  /^\/swagger(\/|$)/,
];

/** True for paths that are answered to everybody. */
export function needsNoKey(path: string): boolean {
  return OPEN.some((pattern) => pattern.test(path));
}

/** Lets requests in, and says who asks. */
export const requireAccess = createMiddleware<RestEnv>(async (c, next) => {
  if (c.req.path === '/metrics') {
    await authorizeMetrics(c.env.context, c.req.raw.headers);
  } else if (!needsNoKey(c.req.path)) {
    const caller = await authenticate(c.env.context, c.req.raw.headers);
    c.set('caller', caller);
    c.set('projectId', caller.projectId);
  }
  await next();
});
