import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import type { RestEnv } from './rest-env.ts';

const getHealth = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'getHealth',
  summary: 'Whether the control plane answers',
  responses: {
    200: {
      description: 'It does. Neither database nor storage is asked, so that a check keeps nothing awake.',
      content: {
        'application/json': { schema: z.object({ status: z.literal('ok').describe('Always `ok`.') }) },
      },
    },
  },
});

export function health(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();
  app.openapi(getHealth, (c) => c.json({ status: 'ok' as const }, 200));
  return app;
}
