import { createRoute, OpenAPIHono } from '@hono/zod-openapi';
import { eraseJob } from '../erasure/erase-job.ts';
import { eraseObjects } from '../erasure/erase-objects.ts';
import { readErasure } from '../erasure/read-erasure.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { changedJob } from '../jobs/changed-job.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { attempted } from '../log.ts';
import { erasureJson, erasureReceipt } from './erasure-json.ts';
import { job, jobJson } from './job-json.ts';
import { jobParams } from './jobs.ts';
import { needs } from './needs.ts';
import { json } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const postCancel = createRoute({
  method: 'post',
  path: '/jobs/{id}/cancel',
  operationId: 'cancelJob',
  summary: 'Stop a job',
  tags: ['Jobs'],
  middleware: needs('jobs:write'),
  request: { params: jobParams },
  responses: {
    200: json(job, 'The job, canceled. Its outputs so far stay until it is erased.'),
    ...refusedWith('invalid_request', 'job_not_found', 'job_final'),
  },
});

const postRetry = createRoute({
  method: 'post',
  path: '/jobs/{id}/retry',
  operationId: 'retryJob',
  summary: 'Take up a failed or canceled job again',
  tags: ['Jobs'],
  middleware: needs('jobs:write'),
  request: { params: jobParams },
  responses: {
    200: json(job, 'The job, queued again. What was finished is kept.'),
    ...refusedWith('invalid_request', 'job_not_found', 'job_not_retryable', 'source_not_found'),
  },
});

const deleteJob = createRoute({
  method: 'delete',
  path: '/jobs/{id}',
  operationId: 'eraseJob',
  summary: 'Stop and erase a job',
  tags: ['Jobs'],
  middleware: needs('jobs:write'),
  request: { params: jobParams },
  responses: {
    202: json(
      erasureReceipt,
      'The job is gone, and its objects are on their way. GET /erasures/{id} tells when.',
    ),
    ...refusedWith('invalid_request', 'job_not_found', 'legal_hold'),
  },
});

export function jobActions(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(postCancel, async (c) => {
    const ref = { projectId: c.get('projectId'), jobId: c.req.valid('param').id };
    await cancelJob(c.env.context, { ...ref, actor: c.get('caller').actor });
    return c.json(jobJson(await changedJob(c.env.context, ref, c.get('origin'))), 200);
  });

  app.openapi(postRetry, async (c) => {
    const ref = { projectId: c.get('projectId'), jobId: c.req.valid('param').id };
    await retryJob(c.env.context, { ...ref, actor: c.get('caller').actor });
    return c.json(jobJson(await changedJob(c.env.context, ref, c.get('origin'))), 200);
  });

  app.openapi(deleteJob, async (c) => {
    const ctx = c.env.context;
    const caller = c.get('caller');
    const jobId = c.req.valid('param').id;
    const { receiptId } = await eraseJob(ctx, { projectId: caller.projectId, jobId, actor: caller.actor });
    ctx.waitUntil(attempted(ctx, 'erase objects', eraseObjects(ctx)));
    return c.json(erasureJson(await readErasure(ctx, { caller, receiptId })), 202);
  });

  return app;
}
