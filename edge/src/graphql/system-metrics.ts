import { requireScope } from '../auth/caller.ts';
import { type SystemMetrics, systemMetrics } from '../status/system-metrics.ts';
import { builder } from './builder.ts';

const systemMetricsType = builder.objectRef<SystemMetrics>('SystemMetrics').implement({
  description: 'How the project stands.',
  fields: (t) => ({
    queueDepth: t.exposeInt('queueDepth', { description: 'Runnable tasks that no worker has yet.' }),
    totalJobs: t.exposeInt('totalJobs', { description: 'Jobs, whatever their status.' }),
    completedJobs: t.exposeInt('completedJobs', { description: 'Jobs that are `completed`.' }),
    failedJobs: t.exposeInt('failedJobs', { description: 'Jobs that are `failed`.' }),
    processingJobs: t.exposeInt('processingJobs', { description: 'Jobs that are `processing`.' }),
    dispatchPaused: t.exposeBoolean('dispatchPaused', {
      description: 'Whether a pause holds back some of its tasks, or all.',
    }),
  }),
});

builder.queryField('systemMetrics', (t) =>
  t.field({
    type: systemMetricsType,
    description: 'How the project stands.',
    complexity: 10,
    resolve: (_root, _args, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      return systemMetrics(ctx, caller.projectId);
    },
  }),
);
