import type { ServiceImpl } from '@connectrpc/connect';
import {
  BatchCreateJobsRequestSchema,
  CreateJobRequestSchema,
  type JobService,
} from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { z } from 'zod';
import { afterChange } from '../dispatch/after-change.ts';
import { eraseJob } from '../erasure/erase-job.ts';
import { eraseObjects } from '../erasure/erase-objects.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { changedJob } from '../jobs/changed-job.ts';
import { createJob, createJobs, type JobOutcome } from '../jobs/create-jobs.ts';
import { jobChanges, jobInput, MAX_BATCH } from '../jobs/job-input.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { updateJob } from '../jobs/update-job.ts';
import { attempted } from '../log.ts';
import { callWith } from './call.ts';
import { jobMessage } from './job-message.ts';
import { jobId } from './job-read-methods.ts';
import { read, readRequest } from './read-request.ts';

const batch = z.object({ jobs: z.array(jobInput).min(1).max(MAX_BATCH) });

/** What makes, stops and erases jobs. */
export const jobChangeMethods = {
  async createJob(request, context) {
    const { ctx, caller, traceparent, requestId, origin } = callWith('jobs:write', context);
    const job = readRequest(jobInput, CreateJobRequestSchema, request);
    const created = await createJob(ctx, { caller, job, traceparent, requestId, origin });
    afterChange(ctx, [created]);
    return { job: jobMessage(created) };
  },

  async batchCreateJobs(request, context) {
    const { ctx, caller, traceparent, requestId, origin } = callWith('jobs:write', context);
    const { jobs } = readRequest(batch, BatchCreateJobsRequestSchema, request);
    const outcomes = await createJobs(ctx, { caller, jobs, traceparent, requestId, origin });
    afterChange(
      ctx,
      outcomes.flatMap((outcome) => ('view' in outcome ? [outcome.view] : [])),
    );
    return { results: outcomes.map((outcome) => ({ result: resultOf(outcome) })) };
  },

  async updateJob(request, context) {
    const { ctx, caller, origin } = callWith('jobs:write', context);
    const ref = { projectId: caller.projectId, jobId: read(jobId, request).id };
    const { metadata, tags, priority, public: isPublic, legalHold: legal_hold } = request;
    const changes = read(jobChanges, {
      metadata,
      tags: tags?.values,
      priority,
      public: isPublic,
      legal_hold,
    });
    await updateJob(ctx, { caller, jobId: ref.jobId, changes });
    return { job: jobMessage(await changedJob(ctx, ref, origin)) };
  },

  async cancelJob(request, context) {
    const { ctx, caller, origin } = callWith('jobs:write', context);
    const ref = { projectId: caller.projectId, jobId: read(jobId, request).id };
    await cancelJob(ctx, { ...ref, actor: caller.actor });
    return { job: jobMessage(await changedJob(ctx, ref, origin)) };
  },

  async retryJob(request, context) {
    const { ctx, caller, origin } = callWith('jobs:write', context);
    const ref = { projectId: caller.projectId, jobId: read(jobId, request).id };
    await retryJob(ctx, { ...ref, actor: caller.actor });
    return { job: jobMessage(await changedJob(ctx, ref, origin)) };
  },

  async deleteJob(request, context) {
    const { ctx, caller } = callWith('jobs:write', context);
    const { id } = read(jobId, request);
    const { projectId, actor } = caller;
    const { receiptId } = await eraseJob(ctx, { projectId, jobId: id, actor });
    ctx.waitUntil(attempted(ctx, 'erase objects', eraseObjects(ctx)));
    return { receiptId };
  },
} satisfies Partial<ServiceImpl<typeof JobService>>;

function resultOf(outcome: JobOutcome) {
  if ('view' in outcome) return { case: 'job' as const, value: jobMessage(outcome.view) };
  const { code, message } = outcome.refusal;
  return { case: 'error' as const, value: { code, message } };
}
