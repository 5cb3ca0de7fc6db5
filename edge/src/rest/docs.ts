import { Hono } from 'hono';
import { pageResponse } from './page.ts';
import type { RestEnv } from './rest-env.ts';

/** Swagger UI on this Worker's own OpenAPI document. Everything it loads lies in the static assets: it works offline. */
export function docs(): Hono<RestEnv> {
  const app = new Hono<RestEnv>();
  app.get('/docs', swaggerUi);
  app.get('/swagger/index.html', swaggerUi);
  for (const path of ['/docs/', '/swagger', '/swagger/']) app.get(path, (c) => c.redirect('/docs'));
  return app;
}

function swaggerUi(): Response {
  return pageResponse({
    title: 'Millrace API',
    icon: '/static/swagger-ui/favicon.png',
    stylesheets: ['/static/swagger-ui/swagger-ui.css', '/static/swagger-ui/page.css'],
    scripts: ['/static/swagger-ui/swagger-ui-bundle.js', '/static/swagger-ui/start.js'],
    policy: {},
  });
}
