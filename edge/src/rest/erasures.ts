import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { eraseProject } from '../erasure/erase-project.ts';
import { listErasures, subjectId } from '../erasure/list-erasures.ts';
import { readErasure } from '../erasure/read-erasure.ts';
import { projectId } from '../projects/project-input.ts';
import { erasureJson, erasureReceipt } from './erasure-json.ts';
import { needs, needsOperator } from './needs.ts';
import { json, pageQuery } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;

const getErasures = createRoute({
  method: 'get',
  path: '/erasures',
  operationId: 'listErasures',
  summary: 'List receipts of erasures, newest first',
  tags: ['Erasures'],
  middleware: needs('jobs:read'),
  request: {
    query: pageQuery(DEFAULT_PAGE).extend({
      subject_id: subjectId.optional().describe('Only receipts of this job, upload or project.'),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          erasures: z.array(erasureReceipt).describe('One page.'),
          next_cursor: z.string().nullable().describe('Opens the next page; null on the last.'),
        })
        .openapi('ErasureList'),
      'A page of receipts.',
    ),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden'),
  },
});

const getErasure = createRoute({
  method: 'get',
  path: '/erasures/{id}',
  operationId: 'getErasure',
  summary: 'Read the receipt of an erasure',
  tags: ['Erasures'],
  middleware: needs('jobs:read'),
  request: { params: z.object({ id: z.uuid('must be a UUID').describe('The receipt.') }) },
  responses: {
    200: json(erasureReceipt, 'The receipt.'),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden', 'erasure_not_found'),
  },
});

const deleteProject = createRoute({
  method: 'delete',
  path: '/projects/{id}',
  operationId: 'eraseProject',
  summary: 'Erase a project and everything in it; for the operator',
  tags: ['Projects'],
  middleware: needsOperator,
  request: {
    params: z.object({ id: projectId.describe('The project.') }),
  },
  responses: {
    202: json(erasureReceipt, 'Nobody gets in any more, and everything in it is on its way out.'),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden', 'project_not_found', 'legal_hold'),
  },
});

export function erasures(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(getErasures, async (c) => {
    const { subject_id, limit, cursor } = c.req.valid('query');
    const page = await listErasures(c.env.context, {
      caller: c.get('caller'),
      subjectId: subject_id ?? null,
      limit: limit ?? DEFAULT_PAGE,
      cursor: cursor ?? null,
    });
    return c.json({ erasures: page.erasures.map(erasureJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(getErasure, async (c) => {
    const receiptId = c.req.valid('param').id;
    return c.json(erasureJson(await readErasure(c.env.context, { caller: c.get('caller'), receiptId })), 200);
  });

  app.openapi(deleteProject, async (c) => {
    const caller = c.get('caller');
    const erasure = { projectId: c.req.valid('param').id, actor: caller.actor };
    const { receiptId } = await eraseProject(c.env.context, erasure);
    c.env.context.access.projects.delete(erasure.projectId);
    return c.json(erasureJson(await readErasure(c.env.context, { caller, receiptId })), 202);
  });

  return app;
}
