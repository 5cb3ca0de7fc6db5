import { requireScope } from '../auth/caller.ts';
import { getJob } from '../jobs/get-job.ts';
import { listJobs } from '../jobs/list-jobs.ts';
import { signDownload } from '../jobs/sign-download.ts';
import { Refusal } from '../refusal.ts';
import { type SystemMetrics, systemMetrics } from '../status/system-metrics.ts';
import { builder } from './builder.ts';
import { jobFilter, jobSort, NEWEST_FIRST, readJobFilter } from './job-list.ts';
import { job } from './job-type.ts';
import { DEFAULT_PAGE, requirePageSize } from './page-limits.ts';
import { isId } from './read-input.ts';

builder.queryField('job', (t) =>
  t.field({
    type: job,
    nullable: true,
    description: 'A job; null when there is none of this id.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { ctx, caller, origin }) => {
      requireScope(caller, 'jobs:read');
      if (!isId(id)) return null;
      try {
        return await getJob(ctx, { projectId: caller.projectId, jobId: id, origin });
      } catch (error) {
        if (error instanceof Refusal && error.code === 'job_not_found') return null;
        throw error;
      }
    },
  }),
);

builder.queryField('jobs', (t) =>
  t.field({
    type: [job],
    description: 'The first jobs of a list. `jobsConnection` has all its pages.',
    args: {
      limit: t.arg.int({ defaultValue: DEFAULT_PAGE, description: '1 to 100.' }),
      filter: t.arg({ type: jobFilter }),
      sort: t.arg({ type: jobSort, defaultValue: NEWEST_FIRST }),
    },
    complexity: ({ limit }) => ({ field: 10, multiplier: limit ?? DEFAULT_PAGE }),
    resolve: async (_root, { limit, filter, sort }, { ctx, caller, origin }) => {
      requireScope(caller, 'jobs:read');
      const page = await listJobs(ctx, {
        projectId: caller.projectId,
        filter: readJobFilter(filter),
        sort: sort ?? NEWEST_FIRST,
        limit: requirePageSize('limit', limit),
        cursor: null,
        origin,
      });
      return page.jobs;
    },
  }),
);

const systemMetricsType = builder.objectRef<SystemMetrics>('SystemMetrics').implement({
  description: 'How the project stands.',
  fields: (t) => ({
    queueDepth: t.exposeInt('queueDepth', { description: 'Runnable tasks that no worker has yet.' }),
    totalJobs: t.exposeInt('totalJobs'),
    completedJobs: t.exposeInt('completedJobs'),
    failedJobs: t.exposeInt('failedJobs'),
    processingJobs: t.exposeInt('processingJobs'),
  }),
});

builder.queryField('systemMetrics', (t) =>
  t.field({
    type: systemMetricsType,
    complexity: 10,
    resolve: (_root, _args, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      return systemMetrics(ctx, caller.projectId);
    },
  }),
);

const download = builder.objectRef<{ url: string; expiresAt: string }>('Download').implement({
  fields: (t) => ({
    url: t.exposeString('url'),
    expiresAt: t.expose('expiresAt', { type: 'DateTime' }),
  }),
});

builder.queryField('downloadUrl', (t) =>
  t.field({
    type: download,
    description: 'A link to an output of a job.',
    args: { outputKey: t.arg.string({ required: true }) },
    complexity: 10,
    resolve: async (_root, { outputKey }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      const { url, expiresAt } = await signDownload(ctx, { projectId: caller.projectId, outputKey });
      return { url, expiresAt: expiresAt.toISOString() };
    },
  }),
);
