import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { happened, tell } from '../jobs/tell.ts';
import { type Fence, holds, leaseEnd, type ReportVerdict, verdict } from './transition.ts';

const row = z.object({ verdict: z.enum(['accepted', 'lease_lost', 'canceled']), job_id: z.string() });

/** The attempt began its work: the lease takes its full length, and a queued job is processing. */
export async function startTask(
  ctx: Context,
  fence: Fence,
): Promise<{ verdict: ReportVerdict; jobId: string | null }> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with job as (
        select j.id from jobs j
        where j.id = (select job_id from tasks where id = ${fence.taskId}::uuid) and j.status = 'queued'
        for no key update of j
      ),
      locked as (select count(*) from job),
      task as (
        select t.* from tasks t, locked where t.id = ${fence.taskId}::uuid for update of t
      ),
      started as (
        update tasks t
        set started = true, started_at = coalesce(case when t.started then t.started_at end, now()),
            heard_at = now(), lease_expires_at = ${leaseEnd}
        from task where t.id = task.id and ${holds(fence)}
        returning t.job_id
      ),
      processing as (
        update jobs j set status = 'processing', started_at = now(), version = j.version + 1,
          event_number = j.event_number + 1
        from started, job where j.id = started.job_id and j.id = job.id
        returning j.*
      ),
      ${tell(happened(sql`processing`, 'job.started'), SYSTEM)}
      select ${verdict(fence, null)} as verdict, task.job_id from task`,
    row,
  );
  return { verdict: found?.verdict ?? 'lease_lost', jobId: found?.job_id ?? null };
}
