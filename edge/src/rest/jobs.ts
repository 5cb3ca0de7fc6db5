import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import { relayNudges } from '../dispatch/relay.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { createJob } from '../jobs/create-job.ts';
import { eraseJob } from '../jobs/erase-job.ts';
import { getJob } from '../jobs/get-job.ts';
import { listJobs } from '../jobs/list-jobs.ts';
import { viewJob } from '../jobs/view-job.ts';
import { readStoredJob } from '../status/read-job.ts';
import { cacheRecord } from '../status/refresh-status.ts';
import { jobInput } from './job-input.ts';
import { job, jobJson } from './job-json.ts';
import { json, jsonBody, limitBody, wholeNumber } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;
const params = z.object({ id: z.uuid('must be a UUID').describe('The job.') });

const postJob = createRoute({
  method: 'post',
  path: '/jobs',
  operationId: 'createJob',
  summary: 'Create a job',
  middleware: limitBody(65_536),
  request: { body: jsonBody(jobInput) },
  responses: {
    201: {
      ...json(job, 'Accepted, and on its way.'),
      headers: z.object({ Location: z.string().describe('Where to read the job.') }),
    },
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'body_too_large',
      'unsupported_content_type',
      'source_not_found',
      'source_empty',
      'source_too_large',
      'storage_unavailable',
    ),
  },
});

const getJobs = createRoute({
  method: 'get',
  path: '/jobs',
  operationId: 'listJobs',
  summary: 'List jobs, newest first',
  request: {
    query: z.strictObject({
      status: z.enum(JOB_STATUSES).optional().describe('Only jobs of this status.'),
      limit: wholeNumber(1, 100).optional().describe(`Jobs on a page. Default: ${DEFAULT_PAGE}.`),
      cursor: z.string().max(128).optional().describe('`next_cursor` of the page before.'),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          jobs: z.array(job).describe('One page.'),
          next_cursor: z.string().nullable().describe('Opens the next page; null on the last.'),
        })
        .openapi('JobList'),
      'A page of jobs.',
    ),
    ...refusedWith('invalid_request', 'unauthorized'),
  },
});

const getOneJob = createRoute({
  method: 'get',
  path: '/jobs/{id}',
  operationId: 'getJob',
  summary: 'Read a job',
  request: { params },
  responses: {
    200: json(job, 'The job.'),
    ...refusedWith('invalid_request', 'unauthorized', 'job_not_found'),
  },
});

const postCancel = createRoute({
  method: 'post',
  path: '/jobs/{id}/cancel',
  operationId: 'cancelJob',
  summary: 'Stop a job',
  request: { params },
  responses: {
    200: json(job, 'The job, canceled. Its outputs so far stay until it is erased.'),
    ...refusedWith('invalid_request', 'unauthorized', 'job_not_found', 'job_final'),
  },
});

const deleteJob = createRoute({
  method: 'delete',
  path: '/jobs/{id}',
  operationId: 'eraseJob',
  summary: 'Stop and erase a job',
  request: { params },
  responses: {
    204: { description: 'The job is gone, and its objects are on their way.' },
    ...refusedWith('invalid_request', 'unauthorized', 'job_not_found'),
  },
});

export function jobs(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(postJob, async (c) => {
    const ctx = c.env.context;
    const body = c.req.valid('json');
    const projectId = c.get('projectId');
    const { jobId } = await createJob(ctx, {
      projectId,
      inputKey: body.input_key,
      profile: body.profile,
      metadata: body.metadata,
      traceparent: c.get('traceparent'),
    });
    ctx.waitUntil(relayNudges(ctx));
    const record = await readStoredJob(ctx, { projectId, jobId });
    ctx.waitUntil(cacheRecord(ctx, record));
    const created = await viewJob(ctx, record, new URL(c.req.url).origin);
    return c.json(jobJson(created), 201, { Location: `/jobs/${jobId}` });
  });

  app.openapi(getJobs, async (c) => {
    const query = c.req.valid('query');
    const page = await listJobs(c.env.context, {
      projectId: c.get('projectId'),
      status: query.status ?? null,
      limit: query.limit ?? DEFAULT_PAGE,
      cursor: query.cursor ?? null,
      origin: new URL(c.req.url).origin,
    });
    return c.json({ jobs: page.jobs.map(jobJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(getOneJob, async (c) => {
    const found = await getJob(c.env.context, {
      projectId: c.get('projectId'),
      jobId: c.req.valid('param').id,
      origin: new URL(c.req.url).origin,
    });
    return c.json(jobJson(found), 200);
  });

  app.openapi(postCancel, async (c) => {
    const ctx = c.env.context;
    const ref = { projectId: c.get('projectId'), jobId: c.req.valid('param').id };
    await cancelJob(ctx, ref);
    const record = await readStoredJob(ctx, ref);
    // Before the answer, so that whoever was told reads the same.
    await cacheRecord(ctx, record);
    const canceled = await viewJob(ctx, record, new URL(c.req.url).origin);
    return c.json(jobJson(canceled), 200);
  });

  app.openapi(deleteJob, async (c) => {
    const ctx = c.env.context;
    const ref = { projectId: c.get('projectId'), jobId: c.req.valid('param').id };
    await eraseJob(ctx, ref);
    await ctx.statusCache.forget(ref.jobId);
    return c.body(null, 204);
  });

  return app;
}
