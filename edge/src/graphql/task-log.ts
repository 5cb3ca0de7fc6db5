import { requireScope } from '../auth/caller.ts';
import { readTaskLog } from '../jobs/read-task-log.ts';
import { builder } from './builder.ts';
import { orNull } from './or-null.ts';
import { isId } from './read-input.ts';

builder.queryField('taskLog', (t) =>
  t.string({
    nullable: true,
    description:
      "The end of FFmpeg's log of a task's latest attempt that ended; empty when there is none, null when there is no such task.",
    args: {
      jobId: t.arg.id({ required: true, description: 'The job.' }),
      taskId: t.arg.id({ required: true, description: 'The task.' }),
    },
    complexity: 10,
    resolve: (_root, { jobId, taskId }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      if (!isId(jobId) || !isId(taskId)) return null;
      return orNull(readTaskLog(ctx, { projectId: caller.projectId, jobId, taskId }));
    },
  }),
);
