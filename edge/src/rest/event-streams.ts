import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { streamSSE } from 'hono/streaming';
import { getJob } from '../jobs/get-job.ts';
import { watchJob } from '../status/watch-job.ts';
import { watchProject } from '../status/watch-project.ts';
import { eventJson } from './job-history.ts';
import { jobJson } from './job-json.ts';
import { jobParams } from './jobs.ts';
import { needs } from './needs.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';
import { sendWhileAllowed } from './send-while-allowed.ts';

const stream = {
  description: 'Server-sent events, until the stream ends. Each event is a line of JSON.',
  content: { 'text/event-stream': { schema: z.string() } },
};
const headers = z.object({
  'last-event-id': z
    .string()
    .max(64)
    .optional()
    .describe('`id` of the last event that was seen: the stream goes on behind it.'),
});

const getJobStream = createRoute({
  method: 'get',
  path: '/jobs/{id}/events/stream',
  operationId: 'streamJobEvents',
  summary: 'Follow a job',
  description:
    'Begins with `snapshot` (a Job), then sends each event of the job under its type, with its number as `id`, and `progress` (a Job) at most every second. Ends when the job does; coming again after its last event is answered with 204.',
  tags: ['Events'],
  middleware: needs('jobs:read'),
  request: { params: jobParams, headers },
  responses: {
    200: stream,
    204: { description: 'The job has ended and its last event was seen.' },
    ...refusedWith('invalid_request', 'job_not_found'),
  },
});

const getProjectStream = createRoute({
  method: 'get',
  path: '/events/stream',
  operationId: 'streamEvents',
  summary: 'Follow all jobs',
  description:
    'Begins with `snapshot` (the jobs under way), then sends each event of every job under its type, with `job_id`, and `progress` (a Job) at most every second. After coming again an event may come twice: `job_id` and `number` tell.',
  tags: ['Events'],
  middleware: needs('jobs:read'),
  request: { headers },
  responses: { 200: stream, ...refusedWith('invalid_request') },
});

export function eventStreams(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(getJobStream, async (c) => {
    const ctx = c.env.context;
    const origin = c.get('origin');
    const ref = { projectId: c.get('projectId'), jobId: c.req.valid('param').id };
    const current = await getJob(ctx, { ...ref, origin });
    const seen = /^\d{1,9}$/.exec(c.req.header('last-event-id') ?? '')?.[0];
    const after = seen === undefined ? null : Number(seen);
    const isOver = current.finishedAt !== null && after !== null && after >= current.eventNumber;
    if (isOver) return c.body(null, 204);
    return streamSSE(c, (sse) =>
      sendWhileAllowed(c, sse, async (allowed) => {
        for await (const update of allowed((signal) => watchJob(ctx, { ...ref, origin, signal, after }))) {
          switch (update.type) {
            case 'snapshot':
              await sse.writeSSE({
                event: 'snapshot',
                data: JSON.stringify(jobJson(update.view)),
                id: String(after ?? update.view.eventNumber),
              });
              break;
            case 'progress':
              await sse.writeSSE({ event: 'progress', data: JSON.stringify(jobJson(update.view)) });
              break;
            case 'event':
              await sse.writeSSE({
                event: update.event.type,
                data: JSON.stringify({ ...eventJson(update.event), job: jobJson(update.view) }),
                id: String(update.event.number),
              });
              break;
            default:
              update satisfies never;
          }
        }
      }),
    );
  });

  app.openapi(getProjectStream, async (c) => {
    const ctx = c.env.context;
    const origin = c.get('origin');
    const seen = Number(/^\d{1,15}$/.exec(c.req.header('last-event-id') ?? '')?.[0] ?? Number.NaN);
    const after = seen >= 0 && seen < 8e12 ? new Date(seen).toISOString() : null;
    const request = { projectId: c.get('projectId'), origin, after };
    return streamSSE(c, (sse) =>
      sendWhileAllowed(c, sse, async (allowed) => {
        for await (const update of allowed((signal) => watchProject(ctx, { ...request, signal }))) {
          switch (update.type) {
            case 'snapshot':
              await sse.writeSSE({
                event: 'snapshot',
                data: JSON.stringify({ jobs: update.jobs.map(jobJson) }),
                id: String(Date.parse(after ?? update.at)),
              });
              break;
            case 'progress':
              await sse.writeSSE({ event: 'progress', data: JSON.stringify(jobJson(update.view)) });
              break;
            case 'event':
              await sse.writeSSE({
                event: update.event.type,
                data: JSON.stringify({ job_id: update.event.job_id, ...eventJson(update.event) }),
                id: String(Date.parse(update.event.at)),
              });
              break;
            default:
              update satisfies never;
          }
        }
      }),
    );
  });

  return app;
}
