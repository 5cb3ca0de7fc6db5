import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { listUsers } from '../auth/list-users.ts';
import { needs } from './needs.ts';
import { json, pageQuery } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;

const user = z
  .object({
    subject: z.string().describe('The claim `sub` of the tokens. Writes name it as `user:{subject}`.'),
    name: z.string().describe('As the latest token gave it.'),
    role: z.string().describe('In this project: `viewer`, `editor` or `admin`, as the latest token gave it.'),
    first_seen_at: z.iso.datetime().describe('When the user first came.'),
    last_seen_at: z.iso.datetime().describe('To the minute.'),
  })
  .openapi('User');

const getUsers = createRoute({
  method: 'get',
  path: '/users',
  operationId: 'listUsers',
  summary: 'List the people who came with a token of the identity provider',
  middleware: needs('admin'),
  request: { query: pageQuery(DEFAULT_PAGE) },
  responses: {
    200: json(
      z
        .object({
          users: z.array(user).describe('One page, by subject.'),
          next_cursor: z.string().nullable().describe('Opens the next page; null on the last.'),
        })
        .openapi('UserList'),
      'A page of users.',
    ),
    ...refusedWith('invalid_request'),
  },
});

export function users(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();
  app.openapi(getUsers, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await listUsers(c.env.context, {
      projectId: c.get('projectId'),
      limit: limit ?? DEFAULT_PAGE,
      cursor: cursor ?? null,
    });
    const found = page.users.map(({ firstSeenAt, lastSeenAt, ...rest }) => ({
      ...rest,
      first_seen_at: firstSeenAt,
      last_seen_at: lastSeenAt,
    }));
    return c.json({ users: found, next_cursor: page.nextCursor }, 200);
  });
  return app;
}
