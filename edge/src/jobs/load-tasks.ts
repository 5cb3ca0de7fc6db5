import { TASK_STATES } from '@millrace/shared/job/job-state.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { isPaused } from '../operations/paused.ts';

/** An attempt that has ended. */
export interface AttemptRecord {
  attempt: number;
  workerId: string | null;
  claimedAt: string | null;
  /** Null when it never started. */
  startedAt: string | null;
  endedAt: string;
  /** How it ended: `completed`, `failed`, `released`, `expired` or `canceled`. */
  outcome: string;
  /** Failure code. */
  code: string | null;
  /** From its start to its end. */
  durationSeconds: number | null;
}

export type TaskRecord = Omit<z.infer<typeof row>, 'attempts'> & {
  attempts: AttemptRecord[];
  /** Of the latest attempt, from its start to its end; null while it has not ended. */
  durationSeconds: number | null;
};

const moment = z.string().transform((text) => new Date(text).toISOString());

const endedAttempt = z.object({
  attempt: z.int(),
  worker_id: z.string().nullable(),
  claimed_at: moment.nullable(),
  started_at: moment.nullable(),
  ended_at: moment,
  outcome: z.string(),
  code: z.string().nullable(),
});

const row = z.object({
  id: z.uuid(),
  jobId: z.uuid(),
  kind: z.string(),
  state: z.enum(TASK_STATES),
  rank: z.int(),
  /** Attempts so far, the one that runs included. */
  attempt: z.int(),
  attempts: z.array(endedAttempt),
  /** Of the latest attempt. */
  workerId: z.string().nullable(),
  machineId: z.string().nullable(),
  workTotal: z.int(),
  workDone: z.int(),
  waitingReason: z.string().nullable(),
  failureCode: z.string().nullable(),
  failureMessage: z.string().nullable(),
  hasLog: z.boolean(),
  createdAt: moment,
  readyAt: moment.nullable(),
  claimedAt: moment.nullable(),
  startedAt: moment.nullable(),
  finishedAt: moment.nullable(),
});

/** The tasks of jobs of a project, in one statement; those of one job in the order of their rank. */
export async function loadTasks(
  ctx: Context,
  { projectId, jobIds }: { projectId: string; jobIds: readonly string[] },
): Promise<TaskRecord[]> {
  const rows = await rowsOf(
    ctx.db,
    sql`
      select id, job_id as "jobId", kind, state, rank, attempt, attempts, worker_id as "workerId",
        machine_id as "machineId", work_total as "workTotal", work_done as "workDone",
        case when t.state = 'ready' and t.kind <> 'publish' and ${isPaused} then 'dispatch_paused'
             else waiting_reason end as "waitingReason", failure_code as "failureCode", failure_message as "failureMessage",
        log_tail is not null as "hasLog", created_at as "createdAt", ready_at as "readyAt",
        claimed_at as "claimedAt", started_at as "startedAt", finished_at as "finishedAt"
      from tasks t
      where job_id = any (${sql.param([...jobIds])}::uuid[]) and project_id = ${projectId}
      order by job_id, rank, id`,
    row,
  );
  return rows.map((task) => ({
    ...task,
    attempts: task.attempts.map(toAttempt),
    durationSeconds: secondsBetween(task.startedAt, task.finishedAt),
  }));
}

function toAttempt(ended: z.infer<typeof endedAttempt>): AttemptRecord {
  return {
    attempt: ended.attempt,
    workerId: ended.worker_id,
    claimedAt: ended.claimed_at,
    startedAt: ended.started_at,
    endedAt: ended.ended_at,
    outcome: ended.outcome,
    code: ended.code,
    durationSeconds: secondsBetween(ended.started_at, ended.ended_at),
  };
}

function secondsBetween(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}
