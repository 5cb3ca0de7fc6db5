import type { ServiceImpl } from '@connectrpc/connect';
import { type JobService, ListJobsRequestSchema } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { z } from 'zod';
import { whileAllowed } from '../auth/while-allowed.ts';
import { getJob } from '../jobs/get-job.ts';
import { listJobs } from '../jobs/list-jobs.ts';
import { watchJob } from '../status/watch-job.ts';
import { callWith } from './call.ts';
import { eventMessage, jobMessage } from './job-message.ts';
import { jobList } from './list-input.ts';
import { read, readRequest } from './read-request.ts';

export const jobId = z.object({ id: z.uuid('must be a UUID') });
const watched = jobId.extend({ after: z.int().min(0).optional() });

/** What tells of jobs. */
export const jobReadMethods = {
  async getJob(request, context) {
    const { ctx, caller, origin } = callWith('jobs:read', context);
    const { id } = read(jobId, request);
    return { job: jobMessage(await getJob(ctx, { projectId: caller.projectId, jobId: id, origin })) };
  },

  async listJobs(request, context) {
    const { ctx, caller, origin } = callWith('jobs:read', context);
    const list = readRequest(jobList, ListJobsRequestSchema, request);
    const page = await listJobs(ctx, { projectId: caller.projectId, ...list, origin });
    return {
      jobs: page.jobs.map(jobMessage),
      ...(page.nextCursor === null ? {} : { nextCursor: page.nextCursor }),
    };
  },

  async *watchJob(request, context) {
    const { ctx, caller, origin } = callWith('jobs:read', context);
    const { id, after } = read(watched, request);
    const watch = { projectId: caller.projectId, jobId: id, origin, after: after ?? null };
    const watcher = { headers: context.requestHeader, scope: 'jobs:read', signal: context.signal } as const;
    for await (const update of whileAllowed(ctx, watcher, (signal) => watchJob(ctx, { ...watch, signal }))) {
      const job = jobMessage(update.view);
      yield update.type === 'event' ? { job, event: eventMessage(update.event) } : { job };
    }
  },
} satisfies Partial<ServiceImpl<typeof JobService>>;
