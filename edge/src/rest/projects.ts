import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { PROJECT_ID } from '../auth/find-project.ts';
import { plainText } from '../plain-text.ts';
import { createProject } from '../projects/create-project.ts';
import { getProject } from '../projects/get-project.ts';
import { listProjects } from '../projects/list-projects.ts';
import { type ProjectChanges, updateProject } from '../projects/update-project.ts';
import { needs, needsOperator } from './needs.ts';
import { json, jsonBody, limitBody, pageQuery } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import { project, projectJson, quotas, retention, usedProject, usedProjectJson } from './project-json.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;

const projectId = z.string().regex(PROJECT_ID, 'must be 2 to 39 of a-z, 0-9 and -, not beginning with -');
const params = z.object({ id: projectId.describe('The project.') });
const name = plainText(0, 100).describe('For people.');
const bodyRefusals = ['body_too_large', 'unsupported_content_type'] as const;

const postProject = createRoute({
  method: 'post',
  path: '/projects',
  operationId: 'createProject',
  summary: 'Make a project; for the operator',
  middleware: [needsOperator, limitBody(16_384)],
  request: {
    body: jsonBody(
      z.strictObject({
        id: projectId.describe('Names it for good.'),
        name: name.default('').describe('For people.'),
      }),
    ),
  },
  responses: {
    201: json(project, 'The project, without limits.'),
    ...refusedWith('invalid_request', ...bodyRefusals, 'project_exists'),
  },
});

const getProjects = createRoute({
  method: 'get',
  path: '/projects',
  operationId: 'listProjects',
  summary: 'List projects, by id; for the operator',
  middleware: needsOperator,
  request: { query: pageQuery(DEFAULT_PAGE) },
  responses: {
    200: json(
      z
        .object({
          projects: z.array(project).describe('One page.'),
          next_cursor: z.string().nullable().describe('Opens the next page; null on the last.'),
        })
        .openapi('ProjectList'),
      'A page of projects.',
    ),
    ...refusedWith('invalid_request'),
  },
});

const getOneProject = createRoute({
  method: 'get',
  path: '/projects/{id}',
  operationId: 'getProject',
  summary: 'Read a project and what it uses',
  middleware: needs('admin'),
  request: { params },
  responses: {
    200: json(usedProject, 'The project.'),
    ...refusedWith('invalid_request', 'project_not_found'),
  },
});

const patchProject = createRoute({
  method: 'patch',
  path: '/projects/{id}',
  operationId: 'updateProject',
  summary: 'Change the settings of a project',
  description: 'What is not named stays. Quotas are set, and a legal hold is lifted, by the operator alone.',
  middleware: [needs('admin'), limitBody(16_384)],
  request: {
    params,
    body: jsonBody(
      z.strictObject({
        name: name.optional(),
        quotas: quotas.partial().strict().optional().describe('What the project may use.'),
        retention: retention
          .partial()
          .strict()
          .optional()
          .describe('How long things are kept by themselves.'),
        legal_hold: z.boolean().optional().describe('Nothing of it may be erased.'),
      }),
    ),
  },
  responses: {
    200: json(usedProject, 'The project, changed.'),
    ...refusedWith('invalid_request', 'project_not_found', ...bodyRefusals),
  },
});

export function projects(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(postProject, async (c) => {
    const body = c.req.valid('json');
    const made = await createProject(c.env.context, {
      caller: c.get('caller'),
      id: body.id,
      name: body.name,
    });
    return c.json(projectJson(made), 201);
  });

  app.openapi(getProjects, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await listProjects(c.env.context, {
      caller: c.get('caller'),
      limit: limit ?? DEFAULT_PAGE,
      cursor: cursor ?? null,
    });
    return c.json({ projects: page.projects.map(projectJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(getOneProject, async (c) => {
    const ref = { caller: c.get('caller'), projectId: c.req.valid('param').id };
    return c.json(usedProjectJson(await getProject(c.env.context, ref)), 200);
  });

  app.openapi(patchProject, async (c) => {
    const body = c.req.valid('json');
    const changes: ProjectChanges = {
      name: body.name,
      quotas: body.quotas && {
        concurrentTasks: body.quotas.concurrent_tasks,
        minutesPerDay: body.quotas.minutes_per_day,
        storedBytes: body.quotas.stored_bytes,
      },
      retention: body.retention && {
        keepSourcesDays: body.retention.keep_sources_days,
        keepOutputsDays: body.retention.keep_outputs_days,
        keepEventsDays: body.retention.keep_events_days,
        keepLogsDays: body.retention.keep_logs_days,
      },
      legalHold: body.legal_hold,
    };
    const ref = { caller: c.get('caller'), projectId: c.req.valid('param').id };
    return c.json(usedProjectJson(await updateProject(c.env.context, { ...ref, changes })), 200);
  });

  return app;
}
