import { type FailureCode, isRetryable } from '@millrace/shared/task/failure-codes.ts';
import { MAX_FAILURES, retryDelayMs } from '@millrace/shared/task/lease-rules.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { happened, tell } from '../jobs/tell.ts';
import {
  type Fence,
  holds,
  lockJob,
  milliseconds,
  nudgeReady,
  type ReportVerdict,
  setCanceled,
  setSpent,
  verdict,
  withEndedAttempt,
} from './transition.ts';

const row = z.object({ verdict: z.enum(['accepted', 'lease_lost', 'canceled']), job_id: z.string() });

/**
 * Ends an attempt badly. A code worth another try puts the task back while its budget lasts; any other, or an empty
 * budget, fails the job and cancels the rest of it.
 */
export async function failTask(
  ctx: Context,
  report: Fence & { code: FailureCode; message: string; logTail: string },
): Promise<{ verdict: ReportVerdict; jobId: string | null }> {
  const terminal = sql`(${!isRetryable(report.code)}::boolean or task.failures + 1 >= ${MAX_FAILURES}::int or task.alone)`;
  const delay = milliseconds(retryDelayMs(1, ctx.random.fraction()));
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with ${lockJobThenOpenTasks(report.taskId)},
      task as (select * from open where id = ${report.taskId}::uuid),
      ended as (
        update tasks t
        set state = case when ${terminal} then 'failed' else 'ready' end,
            outcome = 'failed', failures = t.failures + 1, lease_expires_at = null, heard_at = now(),
            run_after = now() + ${delay} * power(2, t.failures), ready_at = now(), nudged_at = now(),
            finished_at = case when ${terminal} then now() end,
            failure_code = ${report.code}::text, failure_message = ${report.message}::text,
            log_tail = ${report.logTail}::text, attempts = ${withEndedAttempt(sql`t`, 'failed', report.code)},
            ${setSpent(report)}
        from task where t.id = task.id and ${holds(report)}
        returning t.id, t.job_id, t.kind, t.state, t.rank, t.run_after
      ),
      ${failJobWith(sql`ended`, report.code, sql`${report.message}::text`)},
      nudged as (${nudgeReady(sql`ended`)})
      select ${verdict(report, 'failed')} as verdict, task.job_id from task`,
    row,
  );
  return { verdict: found?.verdict ?? 'lease_lost', jobId: found?.job_id ?? null };
}

/**
 * CTEs `job` and `open`: the job, then the named task and all its siblings that have not ended, locked by id. A failing
 * task may take all of them with it.
 */
export function lockJobThenOpenTasks(taskId: string): SQL {
  return sql`${lockJob(taskId)},
    open as (
      select t.* from tasks t join job on t.job_id = job.id
      where t.id = ${taskId}::uuid or t.state in ('blocked', 'ready', 'running')
      order by t.id for update of t
    )`;
}

/** CTEs that fail the job and cancel its open tasks, when the CTE `ended` holds a task that failed for good. */
export function failJobWith(ended: SQL, code: FailureCode, message: SQL): SQL {
  return sql`
    stopped as (
      update tasks t
      set ${setCanceled}
      from ${ended} culprit, open
      where culprit.state = 'failed' and open.id = t.id and t.id <> culprit.id
        and t.state in ('blocked', 'ready', 'running')
    ),
    failed_job as (
      update jobs j
      set status = 'failed', failure_code = ${code}::text, failure_message = ${message}, finished_at = now(),
          version = j.version + 1, event_number = j.event_number + 1
      from ${ended} culprit where culprit.state = 'failed' and j.id = culprit.job_id
      returning j.*
    ),
    ${tell(
      happened(
        sql`failed_job`,
        'job.failed',
        sql`jsonb_build_object('code', j.failure_code, 'message', j.failure_message)`,
      ),
      SYSTEM,
    )}`;
}
