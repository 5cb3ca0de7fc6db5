import { requireScope } from '../auth/caller.ts';
import { afterChange } from '../dispatch/after-change.ts';
import { eraseJob } from '../erasure/erase-job.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { createJob } from '../jobs/create-jobs.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { updateJob } from '../jobs/update-job.ts';
import { changedJob } from '../jobs/changed-job.ts';
import type { JobRef } from '../status/read-job.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { jobChanges, jobInput, readJobChanges, readJobInput } from './job-input.ts';
import { job } from './job-type.ts';
import { requireId } from './read-input.ts';

builder.mutationField('createJob', (t) =>
  t.field({
    type: job,
    args: { input: t.arg({ type: jobInput, required: true }) },
    complexity: 20,
    resolve: async (_root, { input }, { ctx, caller, origin, traceparent, requestId }) => {
      requireScope(caller, 'jobs:write');
      const view = await createJob(ctx, { caller, job: readJobInput(input, ['input']), traceparent, requestId, origin });
      afterChange(ctx, [view]);
      return view;
    },
  }),
);

builder.mutationField('cancelJob', (t) =>
  t.field({
    type: job,
    description: 'Stops a job. Its outputs so far stay until it is erased.',
    args: { id: t.arg.id({ required: true }) },
    complexity: 20,
    resolve: async (_root, { id }, context) => {
      const { ref, actor } = writable(context, id);
      await cancelJob(context.ctx, { ...ref, actor });
      return changedJob(context.ctx, ref, context.origin);
    },
  }),
);

builder.mutationField('retryJob', (t) =>
  t.field({
    type: job,
    description: 'Takes up a failed or canceled job again; what was done stays done.',
    args: { id: t.arg.id({ required: true }) },
    complexity: 20,
    resolve: async (_root, { id }, context) => {
      const { ref, actor } = writable(context, id);
      await retryJob(context.ctx, { ...ref, actor });
      return changedJob(context.ctx, ref, context.origin);
    },
  }),
);

builder.mutationField('updateJob', (t) =>
  t.field({
    type: job,
    args: { id: t.arg.id({ required: true }), changes: t.arg({ type: jobChanges, required: true }) },
    complexity: 20,
    resolve: async (_root, { id, changes }, context) => {
      const { ref } = writable(context, id);
      await updateJob(context.ctx, { ...ref, changes: readJobChanges(changes) });
      return changedJob(context.ctx, ref, context.origin);
    },
  }),
);

const erasure = builder.objectRef<{ receiptId: string }>('Erasure').implement({
  description: 'That something is on its way out.',
  fields: (t) => ({ receiptId: t.exposeID('receiptId', { description: 'Names its receipt.' }) }),
});

builder.mutationField('deleteJob', (t) =>
  t.field({
    type: erasure,
    description: 'Stops a job and erases it with everything it made.',
    args: { id: t.arg.id({ required: true }) },
    complexity: 20,
    resolve: async (_root, { id }, context) => {
      const { ref, actor } = writable(context, id);
      const erased = await eraseJob(context.ctx, { ...ref, actor });
      await context.ctx.statusCache.forget(ref.jobId);
      return erased;
    },
  }),
);

function writable({ caller }: GraphqlContext, id: string): { ref: JobRef; actor: string } {
  requireScope(caller, 'jobs:write');
  return { ref: { projectId: caller.projectId, jobId: requireId(id) }, actor: caller.actor };
}
