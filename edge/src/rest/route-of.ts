import type { Context } from 'hono';
import { matchedRoutes } from 'hono/route';

/** The route that a request was answered by; null where there is none. Middleware matches everywhere: it is no route. */
export function routeOf(c: Context): string | null {
  return matchedRoutes(c).findLast(({ path }) => path !== '/*' && path !== '*')?.path ?? null;
}
