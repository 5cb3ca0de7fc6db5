import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { setCanceled } from '../tasks/transition.ts';
import { happened, tell } from './tell.ts';

const row = z.object({ status: z.string() });

/**
 * Stops a job: nothing of it starts any more, and what runs learns of it with its next heartbeat. Canceling a canceled
 * job again is no error; one that ended otherwise is refused.
 *
 * Two statements in one transaction: the job is locked by the first, so that the second sees tasks that a planning
 * transaction inserted while we waited.
 */
export async function cancelJob(
  ctx: Context,
  job: { projectId: string; jobId: string; actor: string },
): Promise<void> {
  const [, canceled] = await ctx.db.batch([
    ctx.db.execute(sql`
      select 1 from jobs where id = ${job.jobId}::uuid and project_id = ${job.projectId} for no key update`),
    ctx.db.execute(sql`
      with canceled as (
        update jobs j
        set status = 'canceled', finished_at = now(), version = j.version + 1, event_number = j.event_number + 1
        where j.id = ${job.jobId}::uuid and j.project_id = ${job.projectId} and j.status in ('queued', 'processing')
        returning j.*
      ),
      open as (
        select t.id from tasks t join canceled on t.job_id = canceled.id
        where t.state in ('blocked', 'ready', 'running')
        order by t.id for update of t
      ),
      stopped as (
        update tasks t
        set ${setCanceled}
        from open where open.id = t.id and t.state in ('blocked', 'ready', 'running')
      ),
      ${tell(happened(sql`canceled`, 'job.canceled'), job.actor)}
      select case when exists (select 1 from canceled) then 'canceled' else j.status end as status
      from jobs j where j.id = ${job.jobId}::uuid and j.project_id = ${job.projectId}`),
  ]);
  const found = canceled.rows.map((value) => row.parse(value))[0];
  if (!found) throw new Refusal('job_not_found', `There is no job ${job.jobId}.`);
  if (found.status !== 'canceled') {
    throw new Refusal(
      'job_final',
      `Job ${job.jobId} has already ${found.status === 'failed' ? 'failed' : 'completed'}.`,
    );
  }
}
