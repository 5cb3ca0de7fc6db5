import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { deadLetterFilter, redriveInput, redriveLimit } from '../operations/dead-letter.ts';
import { listDeadLetters } from '../operations/list-dead-letters.ts';
import { listPauses } from '../operations/list-pauses.ts';
import { pauseDispatch } from '../operations/pause-dispatch.ts';
import { pauseInput } from '../operations/pause-input.ts';
import { redriveDeadLetters } from '../operations/redrive-dead-letters.ts';
import { resumeDispatch } from '../operations/resume-dispatch.ts';
import { needs } from './needs.ts';
import { json, jsonBody, limitBody, pageQuery } from './openapi-parts.ts';
import {
  deadLetterJson,
  deadLetterList,
  pause,
  pauseJson,
  pauseList,
  redriven,
  redrivenJson,
} from './operations-json.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;
const admin = needs('admin');
const adminWithBody = [admin, limitBody(16_384)];
const bodyRefusals = ['invalid_request', 'body_too_large', 'unsupported_content_type'] as const;

const postPause = createRoute({
  method: 'post',
  path: '/operations/pauses',
  operationId: 'pauseDispatch',
  summary: 'Hold back tasks that nobody has yet',
  description:
    'What runs goes on; nothing new of the project, or of the installation, begins, or nothing of one codec. Pausing what is paused changes the reason and the end. An administrator pauses their own project; the installation, and what the operator has paused, are the operator’s.',
  middleware: adminWithBody,
  request: { body: jsonBody(pauseInput.meta({ id: 'DispatchPauseInput' })) },
  responses: { 200: json(pause, 'The pause. It holds from now on.'), ...refusedWith(...bodyRefusals) },
});

const getPauses = createRoute({
  method: 'get',
  path: '/operations/pauses',
  operationId: 'listPauses',
  summary: 'List what is paused, newest first',
  description: 'The pauses of the project; for the operator, all there are.',
  middleware: admin,
  request: { query: pageQuery(DEFAULT_PAGE) },
  responses: { 200: json(pauseList, 'A page of pauses.'), ...refusedWith('invalid_request') },
});

const deletePause = createRoute({
  method: 'delete',
  path: '/operations/pauses/{id}',
  operationId: 'resumeDispatch',
  summary: 'End a pause',
  middleware: admin,
  request: { params: z.object({ id: z.uuid('must be a UUID').describe('The pause.') }) },
  responses: {
    200: json(pause, 'The pause that was. What it held back goes on at once.'),
    ...refusedWith('invalid_request', 'pause_not_found'),
  },
});

const getDeadLetters = createRoute({
  method: 'get',
  path: '/operations/dead-letters',
  operationId: 'listDeadLetters',
  summary: 'List what was given up on, the latest first',
  middleware: admin,
  request: { query: pageQuery(DEFAULT_PAGE).extend(deadLetterFilter.shape) },
  responses: { 200: json(deadLetterList, 'A page of dead letters.'), ...refusedWith('invalid_request') },
});

const postRedrive = createRoute({
  method: 'post',
  path: '/operations/dead-letters/redrive',
  operationId: 'redriveDeadLetters',
  summary: 'Take up again what was given up on',
  description:
    'A task with its job, a delivery from the beginning of its schedule, a nudge at once: those that are named, or those that the filter lets through, in the order of the list. Doing it twice does it once.',
  middleware: adminWithBody,
  request: { body: jsonBody(redriveInput.meta({ id: 'DeadLetterSelection' })) },
  responses: { 200: json(redriven, 'What became of each.'), ...refusedWith(...bodyRefusals) },
});

/** What whoever is on call does. */
export function operations(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(postPause, async (c) => {
    const asked = { caller: c.get('caller'), pause: c.req.valid('json') };
    return c.json(pauseJson(await pauseDispatch(c.env.context, asked)), 200);
  });

  app.openapi(getPauses, async (c) => {
    const { limit = DEFAULT_PAGE, cursor = null } = c.req.valid('query');
    const page = await listPauses(c.env.context, { caller: c.get('caller'), limit, cursor });
    return c.json({ pauses: page.pauses.map(pauseJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(deletePause, async (c) => {
    const ref = { caller: c.get('caller'), pauseId: c.req.valid('param').id };
    return c.json(pauseJson(await resumeDispatch(c.env.context, ref)), 200);
  });

  app.openapi(getDeadLetters, async (c) => {
    const { limit = DEFAULT_PAGE, cursor = null, ...filter } = c.req.valid('query');
    const list = { caller: c.get('caller'), filter, ids: null, limit, cursor };
    const page = await listDeadLetters(c.env.context, list);
    return c.json({ dead_letters: page.letters.map(deadLetterJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(postRedrive, async (c) => {
    const { limit, cursor = null, ids, ...filter } = c.req.valid('json');
    const which = { ids: ids ?? null, limit: redriveLimit({ ids, limit }), cursor };
    const list = { caller: c.get('caller'), filter, ...which };
    return c.json(redrivenJson(await redriveDeadLetters(c.env.context, list)), 200);
  });

  return app;
}
