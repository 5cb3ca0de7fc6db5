import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import type { Context as HonoContext } from 'hono';
import { etag, RETAINED_304_HEADERS } from 'hono/etag';
import { afterChange } from '../dispatch/after-change.ts';
import { changedJob } from '../jobs/changed-job.ts';
import { createJob, createJobs } from '../jobs/create-jobs.ts';
import { getJob } from '../jobs/get-job.ts';
import { jobFilterFields, jobStatuses, metadataKey, metadataValue } from '../jobs/job-filter.ts';
import { jobChanges, jobInput, MAX_BATCH } from '../jobs/job-input.ts';
import { JOB_SORTS, listJobs } from '../jobs/list-jobs.ts';
import { updateJob } from '../jobs/update-job.ts';
import { problemJson } from '../problem-json.ts';
import { job, jobJson } from './job-json.ts';
import { needs } from './needs.ts';
import { json, jsonBody, limitBody, wholeNumber } from './openapi-parts.ts';
import { problem, refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 20;
/** What an answer without a body says too; browsers would not hand it over without the first. */
const HEADERS_OF_304 = [
  ...RETAINED_304_HEADERS,
  'access-control-allow-origin',
  'access-control-expose-headers',
  'x-request-id',
  'traceparent',
];
export const jobParams = z.object({ id: z.uuid('must be a UUID').describe('The job.') });

const newJob = jobInput.meta({
  id: 'JobInput',
  example: { input_key: 'uploads/default/…/film.mp4', profile: 'default', metadata: { order: 7 } },
});

const postJob = createRoute({
  method: 'post',
  path: '/jobs',
  operationId: 'createJob',
  summary: 'Create a job',
  tags: ['Jobs'],
  middleware: [needs('jobs:write'), limitBody(65_536)],
  request: { body: jsonBody(newJob) },
  responses: {
    201: {
      ...json(job, 'Accepted, and on its way.'),
      headers: z.object({ Location: z.string().describe('Where to read the job.') }),
    },
    ...refusedWith(
      'invalid_request',
      'body_too_large',
      'unsupported_content_type',
      'source_not_found',
      'source_empty',
      'source_not_media',
      'source_too_large',
      'subtitles_not_found',
      'unsupported_subtitles',
      'input_url_refused',
      'quota_exceeded',
      'storage_unavailable',
    ),
  },
});

const postBatch = createRoute({
  method: 'post',
  path: '/jobs/batch',
  operationId: 'createJobs',
  summary: 'Create many jobs',
  tags: ['Jobs'],
  middleware: [needs('jobs:write'), limitBody(4 * 1024 ** 2)],
  request: {
    body: jsonBody(z.strictObject({ jobs: z.array(newJob).min(1).max(MAX_BATCH).describe('At most 100.') })),
  },
  responses: {
    200: json(
      z.object({
        results: z
          .array(
            z.object({
              job: z.union([job, z.null()]).describe('The job; null when it was refused.'),
              error: z.union([problem, z.null()]).describe('Why it was refused; null when it was accepted.'),
            }),
          )
          .describe('One for each job, in the order of the request.'),
      }),
      'What became of each: some may be refused while others are accepted.',
    ),
    ...refusedWith('invalid_request', 'body_too_large', 'unsupported_content_type', 'storage_unavailable'),
  },
});

const getJobs = createRoute({
  method: 'get',
  path: '/jobs',
  operationId: 'listJobs',
  summary: 'List jobs',
  tags: ['Jobs'],
  middleware: needs('jobs:read'),
  request: {
    query: z
      .strictObject({
        status: statusList(),
        ...jobFilterFields,
        metadata_key: metadataKey.optional(),
        metadata_value: metadataValue.optional(),
        sort: z.enum(JOB_SORTS).optional().describe('A minus is newest first. Default: `-created_at`.'),
        limit: wholeNumber(1, 100).optional().describe(`Jobs on a page. Default: ${DEFAULT_PAGE}.`),
        cursor: z.string().max(128).optional().describe('`next_cursor` of the page before.'),
      })
      .refine((query) => query.metadata_value === undefined || query.metadata_key !== undefined, {
        message: 'needs metadata_key',
        path: ['metadata_value'],
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
    ...refusedWith('invalid_request'),
  },
});

const getOneJob = createRoute({
  method: 'get',
  path: '/jobs/{id}',
  operationId: 'getJob',
  summary: 'Read a job',
  tags: ['Jobs'],
  middleware: [needs('jobs:read'), etag({ retainedHeaders: HEADERS_OF_304 })],
  request: { params: jobParams },
  responses: {
    200: {
      ...json(job, 'The job.'),
      headers: z.object({ ETag: z.string().describe('Of this answer. Send it as If-None-Match next time.') }),
    },
    304: { description: 'Nothing has changed since the answer of the ETag in If-None-Match.' },
    ...refusedWith('invalid_request', 'job_not_found'),
  },
});

const patchJob = createRoute({
  method: 'patch',
  path: '/jobs/{id}',
  operationId: 'updateJob',
  summary: 'Change a job',
  description: 'A legal hold is laid with this scope, and lifted with `admin` alone.',
  tags: ['Jobs'],
  middleware: [needs('jobs:write'), limitBody(65_536)],
  request: { params: jobParams, body: jsonBody(jobChanges.meta({ id: 'JobChanges' })) },
  responses: {
    200: json(job, 'The job as it is now. What was left out is as before.'),
    ...refusedWith(
      'invalid_request',
      'job_not_found',
      'body_too_large',
      'unsupported_content_type',
      'cache_unavailable',
    ),
  },
});

export function jobs(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(postJob, async (c) => {
    const ctx = c.env.context;
    const created = await createJob(ctx, { ...requestOf(c), job: c.req.valid('json') });
    afterChange(ctx, [created]);
    return c.json(jobJson(created), 201, { Location: `/jobs/${created.id}` });
  });

  app.openapi(postBatch, async (c) => {
    const ctx = c.env.context;
    const outcomes = await createJobs(ctx, { ...requestOf(c), jobs: c.req.valid('json').jobs });
    afterChange(
      ctx,
      outcomes.flatMap((outcome) => ('view' in outcome ? [outcome.view] : [])),
    );
    const results = outcomes.map((outcome) =>
      'view' in outcome
        ? { job: jobJson(outcome.view), error: null }
        : { job: null, error: problemJson(outcome.refusal) },
    );
    return c.json({ results }, 200);
  });

  app.openapi(getJobs, async (c) => {
    const query = c.req.valid('query');
    const page = await listJobs(c.env.context, {
      projectId: c.get('projectId'),
      filter: {
        status: query.status,
        createdAfter: query.created_after,
        createdBefore: query.created_before,
        inputKey: query.input_key,
        tag: query.tag,
        metadata:
          query.metadata_key === undefined
            ? undefined
            : { key: query.metadata_key, value: query.metadata_value },
      },
      sort: query.sort ?? '-created_at',
      limit: query.limit ?? DEFAULT_PAGE,
      cursor: query.cursor ?? null,
      origin: c.get('origin'),
    });
    return c.json({ jobs: page.jobs.map(jobJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(getOneJob, async (c) => {
    const found = await getJob(c.env.context, {
      projectId: c.get('projectId'),
      jobId: c.req.valid('param').id,
      origin: c.get('origin'),
    });
    return c.json(jobJson(found), 200);
  });

  app.openapi(patchJob, async (c) => {
    const ref = { projectId: c.get('projectId'), jobId: c.req.valid('param').id };
    await updateJob(c.env.context, {
      caller: c.get('caller'),
      jobId: ref.jobId,
      changes: c.req.valid('json'),
    });
    return c.json(jobJson(await changedJob(c.env.context, ref, c.get('origin'))), 200);
  });

  return app;
}

/** Who asks, under which names, and how links of the answer begin. */
function requestOf(c: HonoContext<RestEnv>) {
  return {
    caller: c.get('caller'),
    traceparent: c.get('traceparent'),
    requestId: c.get('requestId'),
    origin: c.get('origin'),
  };
}

/** One status, or several with commas between. */
function statusList() {
  return z
    .string()
    .max(128)
    .transform((text) => [...new Set(text.split(','))])
    .pipe(jobStatuses)
    .optional()
    .describe(`Only jobs of these statuses, with commas between: ${JOB_STATUSES.join(', ')}.`)
    .openapi({ type: 'string' });
}
