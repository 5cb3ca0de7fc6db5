import { requireScope } from '../auth/caller.ts';
import { readTaskLog } from '../jobs/read-task-log.ts';
import { builder } from './builder.ts';
import { requireId } from './read-input.ts';

builder.queryField('taskLog', (t) =>
  t.string({
    description: "The end of FFmpeg's log of a task's latest attempt that ended; empty when there is none.",
    args: { jobId: t.arg.id({ required: true }), taskId: t.arg.id({ required: true }) },
    complexity: 10,
    resolve: (_root, { jobId, taskId }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      return readTaskLog(ctx, {
        projectId: caller.projectId,
        jobId: requireId(jobId, 'jobId'),
        taskId: requireId(taskId, 'taskId'),
      });
    },
  }),
);
