import { TASK_STATES } from '@millrace/shared/job/job-state.ts';
import type { AttemptRecord, TaskRecord } from '../jobs/load-tasks.ts';
import { builder } from './builder.ts';
import { failure } from './failure-type.ts';

const taskState = builder.enumType('TaskState', {
  description: 'The last three are final.',
  values: TASK_STATES,
});

const attempt = builder.objectRef<AttemptRecord>('TaskAttempt').implement({
  description: 'One try at a task, once it has ended.',
  fields: (t) => ({
    attempt: t.exposeInt('attempt', { description: 'From 1, never reset.' }),
    workerId: t.exposeString('workerId', { nullable: true, description: 'The worker process that had it.' }),
    claimedAt: t.expose('claimedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the worker was given it.',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null when it never started.',
    }),
    endedAt: t.expose('endedAt', { type: 'DateTime', description: 'When it ended.' }),
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
    id: t.exposeID('id', { description: 'Names the task.' }),
    kind: t.exposeString('kind', { description: '`analyze`, `encode-video`, `assemble`, …' }),
    state: t.expose('state', { type: taskState, description: 'How it stands.' }),
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
    workDone: t.exposeInt('workDone', { description: 'Of these, done.' }),
    waitingReason: t.exposeString('waitingReason', {
      nullable: true,
      description: 'Why no worker takes it, where there is a reason.',
    }),
    error: t.field({
      type: failure,
      nullable: true,
      description: 'Why the latest attempt that failed did.',
      resolve: ({ failureCode, failureMessage }) =>
        failureCode === null ? null : { code: failureCode, message: failureMessage ?? '' },
    }),
    hasLog: t.exposeBoolean('hasLog', { description: "`taskLog` has the end of FFmpeg's log." }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was planned.' }),
    readyAt: t.expose('readyAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it could run.',
    }),
    claimedAt: t.expose('claimedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the latest attempt was given to a worker.',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When that attempt started.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the task ended.',
    }),
    durationSeconds: t.exposeFloat('durationSeconds', {
      nullable: true,
      description: 'Of the latest attempt; null while it runs.',
    }),
  }),
});
