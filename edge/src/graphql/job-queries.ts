import { requireScope } from '../auth/caller.ts';
import { getJob } from '../jobs/get-job.ts';
import { listJobs } from '../jobs/list-jobs.ts';
import { builder } from './builder.ts';
import { jobFilter, jobSort, NEWEST_FIRST, readJobFilter } from './job-list.ts';
import { job } from './job-type.ts';
import { orNull } from './or-null.ts';
import { DEFAULT_PAGE, requirePageSize } from './page-limits.ts';
import { isId } from './read-input.ts';

builder.queryField('job', (t) =>
  t.field({
    type: job,
    nullable: true,
    description: 'A job; null when there is none of this id.',
    args: { id: t.arg.id({ required: true, description: 'The job.' }) },
    resolve: (_root, { id }, { ctx, caller, origin }) => {
      requireScope(caller, 'jobs:read');
      return isId(id) ? orNull(getJob(ctx, { projectId: caller.projectId, jobId: id, origin })) : null;
    },
  }),
);

builder.queryField('jobs', (t) =>
  t.field({
    type: [job],
    description: 'The first jobs of a list. `jobsConnection` has all its pages.',
    args: {
      limit: t.arg.int({ defaultValue: DEFAULT_PAGE, description: 'At most so many: 1 to 100.' }),
      filter: t.arg({ type: jobFilter, description: 'What the jobs have in common.' }),
      sort: t.arg({ type: jobSort, defaultValue: NEWEST_FIRST, description: 'Which job comes first.' }),
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
