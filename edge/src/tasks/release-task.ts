import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import {
  type Fence,
  holds,
  lockJobThenTask,
  milliseconds,
  nudgeReady,
  type ReportVerdict,
  setSpent,
  verdict,
  withEndedAttempt,
} from './transition.ts';

const row = z.object({ verdict: z.enum(['accepted', 'lease_lost', 'canceled']), job_id: z.string() });

/** Gives a task back untried: it is ready again, at once unless a delay is given, and nothing of its failure budget is spent. */
export async function releaseTask(
  ctx: Context,
  report: Fence & { reason: string; delayMs?: number },
): Promise<{ verdict: ReportVerdict; jobId: string | null }> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with ${lockJobThenTask(report.taskId)},
      released as (
        update tasks t
        set state = 'ready', outcome = 'released', lease_expires_at = null, heard_at = now(), run_after = now() + ${milliseconds(report.delayMs ?? 0)},
            ready_at = now(), nudged_at = now(), attempts = ${withEndedAttempt(sql`t`, 'released', report.reason)},
            ${setSpent(report)}
        from task where t.id = task.id and ${holds(report)}
        returning t.id, t.job_id, t.kind, t.state, t.rank, t.run_after
      ),
      nudged as (${nudgeReady(sql`released`)})
      select ${verdict(report, 'released')} as verdict, task.job_id from task`,
    row,
  );
  return { verdict: found?.verdict ?? 'lease_lost', jobId: found?.job_id ?? null };
}
