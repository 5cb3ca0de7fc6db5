import { requireScope } from '../auth/caller.ts';
import { afterChange } from '../dispatch/after-change.ts';
import { eraseJob } from '../erasure/erase-job.ts';
import { eraseObjects } from '../erasure/erase-objects.ts';
import { readErasure } from '../erasure/read-erasure.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { changedJob } from '../jobs/changed-job.ts';
import { createJob } from '../jobs/create-jobs.ts';
import { retryJob } from '../jobs/retry-job.ts';
import { updateJob } from '../jobs/update-job.ts';
import { attempted } from '../log.ts';
import type { JobRef } from '../status/read-job.ts';
import { builder } from './builder.ts';
import { erasure } from './erasure-type.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { jobChanges, jobInput, readJobChanges, readJobInput } from './job-input.ts';
import { job } from './job-type.ts';
import { requireId } from './read-input.ts';

builder.mutationField('createJob', (t) =>
  t.field({
    type: job,
    description: 'Creates a job and sends it on its way.',
    args: { input: t.arg({ type: jobInput, required: true, description: 'The job.' }) },
    complexity: 20,
    resolve: async (_root, { input }, { ctx, caller, origin, traceparent, requestId }) => {
      requireScope(caller, 'jobs:write');
      const view = await createJob(ctx, {
        caller,
        job: readJobInput(input, ['input']),
        traceparent,
        requestId,
        origin,
      });
      afterChange(ctx, [view]);
      return view;
    },
  }),
);

builder.mutationField('cancelJob', (t) =>
  t.field({
    type: job,
    description: 'Stops a job. Its outputs so far stay until it is erased.',
    args: { id: t.arg.id({ required: true, description: 'The job.' }) },
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
    args: { id: t.arg.id({ required: true, description: 'The job.' }) },
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
    description: 'Changes what of a job may change afterwards. To lift a legal hold needs the scope `admin`.',
    args: {
      id: t.arg.id({ required: true, description: 'The job.' }),
      changes: t.arg({ type: jobChanges, required: true, description: 'What is to be changed.' }),
    },
    complexity: 20,
    resolve: async (_root, { id, changes }, context) => {
      const { ref } = writable(context, id);
      const { ctx, caller } = context;
      await updateJob(ctx, { caller, jobId: ref.jobId, changes: readJobChanges(changes) });
      return changedJob(context.ctx, ref, context.origin);
    },
  }),
);

builder.mutationField('deleteJob', (t) =>
  t.field({
    type: erasure,
    description: 'Stops a job and erases it with everything it made. Gives the receipt.',
    args: { id: t.arg.id({ required: true, description: 'The job.' }) },
    complexity: 20,
    resolve: async (_root, { id }, context) => {
      const { ref, actor } = writable(context, id);
      const { ctx, caller } = context;
      const { receiptId } = await eraseJob(ctx, { ...ref, actor });
      ctx.waitUntil(attempted(ctx, 'erase objects', eraseObjects(ctx)));
      return readErasure(ctx, { caller, receiptId });
    },
  }),
);

function writable({ caller }: GraphqlContext, id: string): { ref: JobRef; actor: string } {
  requireScope(caller, 'jobs:write');
  return { ref: { projectId: caller.projectId, jobId: requireId(id) }, actor: caller.actor };
}
