import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { createKey } from '../auth/create-key.ts';
import { keyInput, keyOverlapSeconds } from '../auth/key-input.ts';
import { getKey, listKeys } from '../auth/list-keys.ts';
import { revokeKey } from '../auth/revoke-key.ts';
import { rotateKey } from '../auth/rotate-key.ts';
import { key, keyJson, newKey, newKeyJson } from './key-json.ts';
import { needs } from './needs.ts';
import { json, jsonBody, limitBody, pageQuery } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;

const params = z.object({ id: z.uuid('must be a UUID').describe('The key.') });
const bodyRefusals = ['body_too_large', 'unsupported_content_type'] as const;

const postKey = createRoute({
  method: 'post',
  path: '/keys',
  operationId: 'createKey',
  summary: 'Make an API key',
  middleware: [needs('admin'), limitBody(16_384)],
  request: {
    body: jsonBody(keyInput),
  },
  responses: {
    201: json(newKey, 'The key.'),
    ...refusedWith('invalid_request', ...bodyRefusals),
  },
});

const getKeys = createRoute({
  method: 'get',
  path: '/keys',
  operationId: 'listKeys',
  summary: 'List API keys, newest first',
  middleware: needs('admin'),
  request: { query: pageQuery(DEFAULT_PAGE) },
  responses: {
    200: json(
      z
        .object({
          keys: z.array(key).describe('One page, revoked and expired keys too.'),
          next_cursor: z.string().nullable().describe('Opens the next page; null on the last.'),
        })
        .openapi('ApiKeyList'),
      'A page of keys.',
    ),
    ...refusedWith('invalid_request'),
  },
});

const getOneKey = createRoute({
  method: 'get',
  path: '/keys/{id}',
  operationId: 'getKey',
  summary: 'Read about an API key',
  middleware: needs('admin'),
  request: { params },
  responses: {
    200: json(key, 'The key, without itself.'),
    ...refusedWith('invalid_request', 'key_not_found'),
  },
});

const postRotate = createRoute({
  method: 'post',
  path: '/keys/{id}/rotate',
  operationId: 'rotateKey',
  summary: 'Replace an API key',
  middleware: [needs('admin'), limitBody(16_384)],
  request: {
    params,
    body: {
      content: {
        'application/json': {
          schema: z.strictObject({ overlap_seconds: keyOverlapSeconds }),
        },
      },
    },
  },
  responses: {
    201: json(newKey, 'The new key: same name, same scopes, and as long a life as the old one was given.'),
    ...refusedWith('invalid_request', ...bodyRefusals, 'key_not_found', 'key_replaced'),
  },
});

const deleteKey = createRoute({
  method: 'delete',
  path: '/keys/{id}',
  operationId: 'revokeKey',
  summary: 'Revoke an API key',
  middleware: needs('admin'),
  request: { params },
  responses: {
    204: { description: 'Within five seconds it opens nothing any more, anywhere.' },
    ...refusedWith('invalid_request', 'key_not_found'),
  },
});

export function keys(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(postKey, async (c) => {
    const caller = c.get('caller');
    const { name, scopes, expires_at } = c.req.valid('json');
    const made = await createKey(c.env.context, { caller, name, scopes, expiresAt: expires_at ?? null });
    return c.json(newKeyJson(made), 201, { 'Cache-Control': 'no-store' });
  });

  app.openapi(getKeys, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await listKeys(c.env.context, {
      projectId: c.get('projectId'),
      limit: limit ?? DEFAULT_PAGE,
      cursor: cursor ?? null,
    });
    return c.json({ keys: page.keys.map(keyJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(getOneKey, async (c) => {
    const ref = { projectId: c.get('projectId'), keyId: c.req.valid('param').id };
    return c.json(keyJson(await getKey(c.env.context, ref)), 200);
  });

  app.openapi(postRotate, async (c) => {
    const caller = c.get('caller');
    const made = await rotateKey(c.env.context, {
      projectId: caller.projectId,
      keyId: c.req.valid('param').id,
      overlapSeconds: c.req.valid('json').overlap_seconds ?? 0,
      actor: caller.actor,
    });
    return c.json(newKeyJson(made), 201, { 'Cache-Control': 'no-store' });
  });

  app.openapi(deleteKey, async (c) => {
    await revokeKey(c.env.context, {
      projectId: c.get('projectId'),
      keyId: c.req.valid('param').id,
      actor: c.get('caller').actor,
    });
    return c.body(null, 204);
  });

  return app;
}
