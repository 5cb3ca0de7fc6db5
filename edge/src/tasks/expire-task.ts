import {
  LEASE_TTL_MS,
  MAX_EXPIRIES,
  POISON_DEATHS,
  retryDelayMs,
} from '@millrace/shared/task/lease-rules.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { failJobWith, lockJobThenOpenTasks } from './fail-task.ts';
import { milliseconds, nudgeReady, withEndedAttempt } from './transition.ts';

const row = z.object({ job_id: z.string() });

/**
 * Takes a task back from an attempt whose lease has run out; null when the lease was renewed after all.
 *
 * An attempt that had started, and whose worker went silent while others on its machine were still heard from, is a
 * silent death: after the second one the task runs alone, for the last time. A machine that vanished with all its workers
 * costs nothing. Nor does a worker that is heard from again: it could not reach us, or we were away. But however
 * harmless each looks, a task that outlives many workers is given up.
 */
export async function expireTask(ctx: Context, taskId: string): Promise<{ jobId: string } | null> {
  const delay = milliseconds(retryDelayMs(0, ctx.random.fraction()));
  const last = sql`(task.silent = 1 and t.alone or t.expiries + t.started::int >= ${MAX_EXPIRIES}::int)`;
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with ${lockJobThenOpenTasks(taskId)},
      task as (
        select open.*, (open.started and exists (
          select 1 from workers w
          where w.machine_id = open.machine_id and w.last_seen_at > open.heard_at + ${milliseconds(LEASE_TTL_MS / 2)}
        ) and not exists (
          select 1 from workers w
          where w.id = open.worker_id and w.last_seen_at > open.heard_at + ${milliseconds(LEASE_TTL_MS / 2)}
        ))::int as silent
        from open where open.id = ${taskId}::uuid
      ),
      ended as (
        update tasks t
        set state = case when ${last} then 'failed' else 'ready' end,
            outcome = 'expired', lease_expires_at = null,
            silent_deaths = t.silent_deaths + task.silent, expiries = t.expiries + t.started::int,
            alone = t.silent_deaths + task.silent >= ${POISON_DEATHS}::int,
            run_after = now() + ${delay} * power(2, greatest(t.silent_deaths + task.silent - 1, 0) * task.silent),
            ready_at = now(), nudged_at = now(),
            finished_at = case when ${last} then now() end,
            attempts = ${withEndedAttempt(sql`t`, 'expired')}
        from task
        where t.id = task.id and task.state = 'running' and task.lease_expires_at <= now()
        returning t.id, t.job_id, t.kind, t.state, t.rank, t.run_after, t.expiries
      ),
      ${failJobWith(
        sql`ended`,
        'worker_crashed',
        sql`culprit.expiries || ' workers stopped without a word while running this task'`,
      )},
      nudged as (${nudgeReady(sql`ended`)})
      select job_id from ended`,
    row,
  );
  return found ? { jobId: found.job_id } : null;
}
