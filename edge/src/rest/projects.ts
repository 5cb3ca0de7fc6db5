import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { createProject } from '../projects/create-project.ts';
import { getProject } from '../projects/get-project.ts';
import { listProjects } from '../projects/list-projects.ts';
import { projectChanges, projectId, projectInput, toProjectChanges } from '../projects/project-input.ts';
import { updateProject } from '../projects/update-project.ts';
import { needs, needsOperator } from './needs.ts';
import { json, jsonBody, limitBody, pageQuery } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import { project, projectJson, usedProject, usedProjectJson } from './project-json.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;

const params = z.object({ id: projectId.describe('The project.') });
const bodyRefusals = ['body_too_large', 'unsupported_content_type'] as const;

const postProject = createRoute({
  method: 'post',
  path: '/projects',
  operationId: 'createProject',
  summary: 'Make a project; for the operator',
  middleware: [needsOperator, limitBody(16_384)],
  request: {
    body: jsonBody(projectInput),
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
    body: jsonBody(projectChanges),
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
    const changes = toProjectChanges(c.req.valid('json'));
    const ref = { caller: c.get('caller'), projectId: c.req.valid('param').id };
    return c.json(usedProjectJson(await updateProject(c.env.context, { ...ref, changes })), 200);
  });

  return app;
}
