import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { renderMetrics } from '../metrics/render-metrics.ts';
import type { RestEnv } from './rest-env.ts';

const getMetrics = createRoute({
  method: 'get',
  path: '/metrics',
  operationId: 'getMetrics',
  summary: 'Metrics for Prometheus',
  responses: {
    200: {
      description: 'Prometheus text format 0.0.4.',
      content: { 'text/plain': { schema: z.string() } },
    },
  },
});

export function metrics(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();
  app.openapi(getMetrics, async (c) => {
    const text = await renderMetrics(c.env.context, c.env.counters);
    return c.text(text, 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  });
  return app;
}
