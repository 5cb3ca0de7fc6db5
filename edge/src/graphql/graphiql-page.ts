import { Hono } from 'hono';
import { pageResponse } from '../rest/page.ts';
import type { RestEnv } from '../rest/rest-env.ts';

/**
 * GraphiQL for browsers that open the address, without a key: it holds none of anybody's data. Drawn from the static
 * assets, so that it works offline. It asks `/query`, wherever the page itself lies.
 */
export function graphiql(): Hono<RestEnv> {
  const app = new Hono<RestEnv>();
  app.get('/graphql', async (c, next) => {
    if (!isOpenedByBrowser(c.req.raw)) return next();
    return pageResponse({
      title: 'Millrace GraphQL',
      icon: null,
      stylesheets: ['/static/graphiql/graphiql.css', '/static/graphiql/page.css'],
      scripts: ['/static/graphiql/graphiql.js', '/static/graphiql/start.js'],
      data: { endpoint: '/query' },
      // The editor writes style sheets of its own, and works in workers.
      policy: {
        'style-src': "'self' 'unsafe-inline'",
        'worker-src': "'self'",
        'font-src': "'self' data:",
      },
    });
  });
  return app;
}

function isOpenedByBrowser(request: Request): boolean {
  return (request.headers.get('accept') ?? '').includes('text/html');
}
