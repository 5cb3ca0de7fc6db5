import { TASK_STATES } from '@millrace/shared/job/job-state.ts';
import type { AttemptRecord, TaskRecord } from '../jobs/load-tasks.ts';
import { builder } from './builder.ts';

const taskState = builder.enumType('TaskState', {
  description: 'The last three are final.',
  values: TASK_STATES,
});

const attempt = builder.objectRef<AttemptRecord>('Attempt').implement({
  description: 'One try at a task, once it has ended.',
  fields: (t) => ({
    attempt: t.exposeInt('attempt', { description: 'From 1, never reset.' }),
    workerId: t.exposeString('workerId', { nullable: true }),
    claimedAt: t.expose('claimedAt', { type: 'DateTime', nullable: true }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null when it never started.',
    }),
    endedAt: t.expose('endedAt', { type: 'DateTime' }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: 'From its start to its end.',
    }),
    outcome: t.exposeString('outcome', {
      description: '`completed`, `failed`, `released`, `expired` or `canceled`.',
    }),
    code: t.exposeString('code', { nullable: true, description: 'Why it failed, as a stable word.' }),
  }),
});

export const task = builder.objectRef<TaskRecord>('Task').implement({
  description: 'One unit of work of a job.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.exposeString('kind', { description: '`analyze`, `encode-video`, `assemble`, …' }),
    state: t.expose('state', { type: taskState }),
    attempt: t.exposeInt('attempt', { description: 'Attempts so far, the one that runs included.' }),
    attempts: t.field({
      type: [attempt],
      description: 'Those that have ended.',
      complexity: { field: 1, multiplier: 2 },
      resolve: (record) => record.attempts,
    }),
    workerId: t.exposeString('workerId', { nullable: true, description: 'Who has or had it last.' }),
    machineId: t.exposeString('machineId', { nullable: true, description: "That worker's machine." }),
    workTotal: t.exposeInt('workTotal', { description: 'Frames, or what counts as much.' }),
    workDone: t.exposeInt('workDone'),
    waitingReason: t.exposeString('waitingReason', {
      nullable: true,
      description: 'Why no worker takes it, where there is a reason.',
    }),
    failureCode: t.exposeString('failureCode', { nullable: true }),
    failureMessage: t.exposeString('failureMessage', { nullable: true }),
    hasLog: t.exposeBoolean('hasLog', { description: "`taskLog` has the end of FFmpeg's log." }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    readyAt: t.expose('readyAt', { type: 'DateTime', nullable: true }),
    claimedAt: t.expose('claimedAt', { type: 'DateTime', nullable: true }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: true }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: 'Of the latest attempt; null while it runs.',
    }),
  }),
});
