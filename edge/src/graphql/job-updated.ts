import { requireScope } from '../auth/caller.ts';
import { whileAllowed } from '../auth/while-allowed.ts';
import type { JobView } from '../jobs/view-job.ts';
import { watchJob } from '../status/watch-job.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { job } from './job-type.ts';
import { requireId } from './read-input.ts';

builder.subscriptionField('jobUpdated', (t) =>
  t.field({
    type: job,
    description:
      'The job as it is now, then with every change; ends when the job has ended. Needs `jobs:read`.',
    args: { id: t.arg.id({ required: true, description: 'The job.' }) },
    complexity: 50,
    subscribe: (_root, { id }, context) => {
      requireScope(context.caller, 'jobs:read');
      return views(context, requireId(id));
    },
    resolve: (view: JobView) => view,
  }),
);

async function* views(
  { ctx, caller, headers, origin, signal }: GraphqlContext,
  jobId: string,
): AsyncGenerator<JobView> {
  const watch = { projectId: caller.projectId, jobId, origin, after: null };
  const updates = whileAllowed(ctx, { headers, scope: 'jobs:read', signal }, (until) =>
    watchJob(ctx, { ...watch, signal: until }),
  );
  for await (const update of updates) yield update.view;
}
