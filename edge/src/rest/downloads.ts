import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { signDownload } from '../jobs/sign-download.ts';
import { needs } from './needs.ts';
import { json } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const getDownloadUrl = createRoute({
  method: 'get',
  path: '/download-url/{output_key}',
  operationId: 'getDownloadUrl',
  summary: 'Make a link that downloads an output',
  request: {
    params: z.object({
      output_key: z
        .string()
        .describe('A key that a job names: of a file, a manifest, a picture. Slashes need no escape.'),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          download_url: z.string().describe('Downloads the object. Needs no key.'),
          expires_at: z.iso.datetime().describe('The link works until then.'),
        })
        .openapi('Download'),
      'The link.',
    ),
    ...refusedWith('object_not_found'),
  },
});

export function downloads(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();
  // OpenAPI has no word for a parameter that spans slashes; the router has.
  app.openAPIRegistry.registerPath(getDownloadUrl);
  app.get('/download-url/:output_key{[\\s\\S]+}', needs('jobs:read'), async (c) => {
    const { url, expiresAt } = await signDownload(c.env.context, {
      projectId: c.get('projectId'),
      outputKey: c.req.param('output_key'),
    });
    return c.json({ download_url: url, expires_at: expiresAt.toISOString() }, 200);
  });
  return app;
}
