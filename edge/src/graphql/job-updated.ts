import { requireScope } from '../auth/caller.ts';
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
  { ctx, caller, origin, signal }: GraphqlContext,
  jobId: string,
): AsyncGenerator<JobView> {
  const { projectId } = caller;
  for await (const update of watchJob(ctx, { projectId, jobId, origin, signal, after: null }))
    yield update.view;
}
