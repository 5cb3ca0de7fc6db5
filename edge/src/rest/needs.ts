import { createMiddleware } from 'hono/factory';
import { requireOperator, requireScope, type Scope } from '../auth/caller.ts';
import type { RestEnv } from './rest-env.ts';

/** Lets a request through to an operation when its caller holds the scope. Comes before the input is read. */
export function needs(scope: Scope) {
  return createMiddleware<RestEnv>(async (c, next) => {
    requireScope(c.get('caller'), scope);
    await next();
  });
}

export const needsOperator = createMiddleware<RestEnv>(async (c, next) => {
  requireOperator(c.get('caller'));
  await next();
});
