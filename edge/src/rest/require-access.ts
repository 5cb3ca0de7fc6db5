import { createMiddleware } from 'hono/factory';
import { Refusal } from '../refusal.ts';
import type { RestEnv } from './rest-env.ts';

/** Paths that need no key: the first tells nothing, the second carries its own. */
const OPEN = [/^\/health$/, /^\/playback\//];

/** Lets requests in, and says for which project. A stack that runs open has one project. */
export const requireAccess = createMiddleware<RestEnv>(async (c, next) => {
  if (!OPEN.some((pattern) => pattern.test(c.req.path))) {
    if (!c.env.context.config.openAccess) {
      throw new Refusal(
        'unauthorized',
        'This installation does not run open, and the request carries no valid key.',
      );
    }
    c.set('projectId', 'default');
  }
  await next();
});
