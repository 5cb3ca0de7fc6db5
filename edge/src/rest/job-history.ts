import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { JOB_EVENTS, TASK_STATES } from '@millrace/shared/job/job-state.ts';
import { listEvents } from '../jobs/list-events.ts';
import { listTasks } from '../jobs/list-tasks.ts';
import type { JobEventRecord } from '../jobs/load-events.ts';
import type { TaskRecord } from '../jobs/load-tasks.ts';
import { readTaskLog } from '../jobs/read-task-log.ts';
import { jobParams } from './jobs.ts';
import { needs } from './needs.ts';
import { json, wholeNumber } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const DEFAULT_PAGE = 100;
const at = z.iso.datetime();

export const jobEvent = z
  .object({
    number: z.int().describe('From 1 for each job, without gaps.'),
    type: z.enum(JOB_EVENTS).describe('What happened.'),
    data: z.record(z.string(), z.unknown()).describe('What there is to say of it.'),
    actor: z.string().describe('Who made it happen: `key:…`, `user:…`, `operator`, `local` or `system`.'),
    at: at.describe('When.'),
  })
  .openapi('JobEvent');

const attempt = z.object({
  attempt: z.int().describe('From 1.'),
  worker_id: z.string().nullable().describe('The worker process that had it.'),
  claimed_at: at.nullable().describe('When the worker was given it.'),
  started_at: at.nullable().describe('When it started; null when it never did.'),
  ended_at: at.describe('When it ended.'),
  duration_seconds: z.number().nullable().describe('From start to end.'),
  outcome: z.string().describe('`completed`, `failed`, `released`, `expired` or `canceled`.'),
  code: z.string().nullable().describe('Why it failed or was released.'),
});

export const task = z
  .object({
    id: z.uuid().describe('Names the task.'),
    kind: z.string().describe('What it does: `analyze`, `encode-video`, …'),
    state: z.enum(TASK_STATES).describe('The last three are final, until the job is retried.'),
    attempt: z.int().describe('Attempts so far, the one that runs included.'),
    attempts: z.array(attempt).describe('Those that have ended.'),
    worker_id: z.string().nullable().describe('Of the latest attempt.'),
    machine_id: z.string().nullable().describe('The machine of that worker.'),
    work_total: z.int().describe('Frames, or what counts as much.'),
    work_done: z.int().describe('Of these, done.'),
    waiting_reason: z.string().nullable().describe('Why it waits although it is ready.'),
    error: z
      .object({ code: z.string().describe('A stable word.'), message: z.string().describe('For people.') })
      .nullable()
      .describe('Why the latest attempt that failed did.'),
    has_log: z.boolean().describe('GET /jobs/{id}/tasks/{task_id}/log has something to show.'),
    created_at: at.describe('When it was planned.'),
    ready_at: at.nullable().describe('Since when it could run.'),
    claimed_at: at.nullable().describe('When the latest attempt was given to a worker.'),
    started_at: at.nullable().describe('When that attempt started.'),
    finished_at: at.nullable().describe('When the task ended.'),
    duration_seconds: z.number().nullable().describe('Of the latest attempt.'),
  })
  .openapi('Task');

const getEvents = createRoute({
  method: 'get',
  path: '/jobs/{id}/events',
  operationId: 'listJobEvents',
  summary: 'Read the history of a job',
  tags: ['Events'],
  middleware: needs('jobs:read'),
  request: {
    params: jobParams,
    query: z.strictObject({
      after: wholeNumber(0, 2 ** 31 - 1)
        .optional()
        .describe('Only events of a higher number. Default: 0.'),
      limit: wholeNumber(1, 1_000).optional().describe(`Events on a page. Default: ${DEFAULT_PAGE}.`),
    }),
  },
  responses: {
    200: json(
      z.object({
        events: z.array(jobEvent).describe('Oldest first.'),
        has_more: z.boolean().describe('Ask again, after the last number.'),
      }),
      'What happened to the job.',
    ),
    ...refusedWith('invalid_request', 'job_not_found'),
  },
});

const getTasks = createRoute({
  method: 'get',
  path: '/jobs/{id}/tasks',
  operationId: 'listTasks',
  summary: 'List the tasks of a job',
  tags: ['Jobs'],
  middleware: needs('jobs:read'),
  request: { params: jobParams },
  responses: {
    200: json(
      z.object({ tasks: z.array(task).describe('In the order in which they are taken.') }),
      'All tasks.',
    ),
    ...refusedWith('invalid_request', 'job_not_found'),
  },
});

const getLog = createRoute({
  method: 'get',
  path: '/jobs/{id}/tasks/{task_id}/log',
  operationId: 'getTaskLog',
  summary: "Read the end of a task's log",
  tags: ['Jobs'],
  middleware: needs('jobs:read'),
  request: { params: jobParams.extend({ task_id: z.uuid('must be a UUID').describe('The task.') }) },
  responses: {
    200: {
      description: 'The last lines that FFmpeg wrote in the latest attempt that ended.',
      content: { 'text/plain': { schema: z.string() } },
    },
    ...refusedWith('invalid_request', 'task_not_found'),
  },
});

export function jobHistory(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(getEvents, async (c) => {
    const { after, limit } = c.req.valid('query');
    const page = await listEvents(c.env.context, {
      projectId: c.get('projectId'),
      jobId: c.req.valid('param').id,
      after: after ?? 0,
      limit: limit ?? DEFAULT_PAGE,
    });
    return c.json({ events: page.events.map(eventJson), has_more: page.hasMore }, 200);
  });

  app.openapi(getTasks, async (c) => {
    const ref = { projectId: c.get('projectId'), jobId: c.req.valid('param').id };
    const tasks = await listTasks(c.env.context, ref);
    return c.json({ tasks: tasks.map(taskJson) }, 200);
  });

  app.openapi(getLog, async (c) => {
    const { id, task_id } = c.req.valid('param');
    const ref = { projectId: c.get('projectId'), jobId: id, taskId: task_id };
    return c.text(await readTaskLog(c.env.context, ref), 200);
  });

  return app;
}

export function eventJson({
  number,
  type,
  data,
  actor,
  at,
}: Omit<JobEventRecord, 'jobId'>): z.infer<typeof jobEvent> {
  return { number, type, data, actor, at };
}

function taskJson(record: TaskRecord): z.infer<typeof task> {
  return {
    id: record.id,
    kind: record.kind,
    state: record.state,
    attempt: record.attempt,
    attempts: record.attempts.map((ended) => ({
      attempt: ended.attempt,
      worker_id: ended.workerId,
      claimed_at: ended.claimedAt,
      started_at: ended.startedAt,
      ended_at: ended.endedAt,
      duration_seconds: ended.durationSeconds,
      outcome: ended.outcome,
      code: ended.code,
    })),
    worker_id: record.workerId,
    machine_id: record.machineId,
    work_total: record.workTotal,
    work_done: record.workDone,
    waiting_reason: record.waitingReason,
    error:
      record.failureCode === null ? null : { code: record.failureCode, message: record.failureMessage ?? '' },
    has_log: record.hasLog,
    created_at: record.createdAt,
    ready_at: record.readyAt,
    claimed_at: record.claimedAt,
    started_at: record.startedAt,
    finished_at: record.finishedAt,
    duration_seconds: record.durationSeconds,
  };
}
