import { taskPrefix } from '@millrace/shared/storage-keys.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { UPLOAD_URL_TTL_SECONDS } from '../rpc/sign-assignment.ts';
import { cancelJob } from './cancel-job.ts';

/** Stands in a prefix for the task. */
const TASK = '{task}';

const row = z.object({ id: z.string() });

/**
 * Ends all leases in a transaction of its own: a heartbeat that is under way locks tasks before it touches the job, and
 * erasing locks them the other way round.
 */
async function stop(ctx: Context, job: { projectId: string; jobId: string }): Promise<void> {
  try {
    await cancelJob(ctx, job);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'job_final')) throw error;
  }
}

/**
 * Stops a job if it runs, and removes it: its rows at once, its objects by `eraseObjects`, and once more when no URL
 * that was signed for it can write any more. The source goes too, unless another job reads it.
 */
export async function eraseJob(ctx: Context, job: { projectId: string; jobId: string }): Promise<void> {
  await stop(ctx, job);
  const mine = sql`id = ${job.jobId}::uuid and project_id = ${job.projectId}`;
  const [, erased] = await ctx.db.batch([
    ctx.db.execute(sql`select 1 from jobs where ${mine} for update`),
    ctx.db.execute(sql`
      with gone as (delete from jobs where ${mine} returning id, project_id, source_key, status),
      prefixes as (
        select gone.project_id, replace(${taskPrefix(job.projectId, TASK)}, ${TASK}, t.id::text) as prefix
        from gone join tasks t on t.job_id = gone.id
        where t.attempt > 0
        union all
        select gone.project_id, gone.source_key from gone
        where not exists (select 1 from jobs other where other.source_key = gone.source_key and other.id <> gone.id)
      ),
      marked as (
        insert into erasures (project_id, prefix, final_after)
        select project_id, prefix, now() + ${UPLOAD_URL_TTL_SECONDS}::int * interval '1 second' from prefixes
      ),
      counted as (
        insert into erased_jobs (status, jobs)
        select case when status in ('queued', 'processing') then 'canceled' else status end, 1 from gone
        on conflict (status) do update set jobs = erased_jobs.jobs + 1
      )
      select id from gone`),
  ]);
  const found = erased.rows.map((value) => row.parse(value))[0];
  if (!found) throw new Refusal('job_not_found', `There is no job ${job.jobId}.`);
}
