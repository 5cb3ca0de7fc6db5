import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { attempted } from '../log.ts';
import { lockProject } from '../projects/lock-project.ts';
import { Refusal } from '../refusal.ts';
import { nudgeReady } from '../tasks/transition.ts';
import { markPlayable } from './mark-playable.ts';
import { happened, tell } from './tell.ts';

/** Condition over the job `j`: of what it reads, something was erased. */
const SOURCE_GONE = sql`(j.source_erased_at is not null or j.sidecars @> '[{"erased":true}]')`;

const row = z.object({ status: z.string(), retried: z.boolean(), source_gone: z.boolean() });

/**
 * Takes up a failed or canceled job again. What was done stays done, and segments that were announced are not made
 * again; every other task begins with an empty record.
 *
 * The job is locked by a statement of its own, as in `cancelJob`, and before it the project, so that nobody erases the
 * source meanwhile.
 */
export async function retryJob(
  ctx: Context,
  job: { projectId: string; jobId: string; actor: string },
): Promise<void> {
  const mine = sql`j.id = ${job.jobId}::uuid and j.project_id = ${job.projectId}`;
  const [, , retried] = await ctx.db.batch([
    ctx.db.execute(lockProject(job.projectId)),
    ctx.db.execute(sql`select 1 from jobs j where ${mine} for no key update`),
    ctx.db.execute(sql`
      with retried as (
        update jobs j
        set status = 'queued', failure_code = null, failure_message = null, started_at = null, finished_at = null,
            retries = j.retries + 1, version = j.version + 1, event_number = j.event_number + 1
        where ${mine} and j.status in ('failed', 'canceled') and not ${SOURCE_GONE}
        returning j.*
      ),
      ended as (
        select t.id, greatest(now(), retried.not_before) as run_after
        from tasks t join retried on t.job_id = retried.id
        where t.state in ('failed', 'canceled')
        order by t.id for update of t
      ),
      anew as (
        update tasks t
        set state = case when t.deps_left = 0 then 'ready' else 'blocked' end, failures = 0, silent_deaths = 0,
            expiries = 0, alone = false, run_after = ended.run_after, finished_at = null, failure_code = null,
            failure_message = null, waiting_reason = null, waiting_since = null,
            ready_at = case when t.deps_left = 0 then ended.run_after end, nudged_at = case when t.deps_left = 0 then now() end
        from ended where ended.id = t.id
        returning t.id, t.job_id, t.kind, t.state, t.rank, t.run_after
      ),
      nudged as (${nudgeReady(sql`anew`)}),
      ${tell(happened(sql`retried`, 'job.retried'), job.actor)}
      select j.status, exists (select 1 from retried) as retried, ${SOURCE_GONE} as source_gone
      from jobs j where ${mine}`),
  ]);
  const found = retried.rows.map((value) => row.parse(value))[0];
  if (!found) throw new Refusal('job_not_found', `There is no job ${job.jobId}.`);
  // Its first segments may all be there already: nobody announces them again.
  if (found.retried)
    return ctx.waitUntil(attempted(ctx, 'note what can be played', markPlayable(ctx, [job.jobId])));
  throw found.source_gone
    ? new Refusal(
        'source_not_found',
        'The source of the job, or a subtitle file, was erased when its time was over.',
      )
    : new Refusal(
        'job_not_retryable',
        `Job ${job.jobId} is ${found.status}; failed and canceled jobs are retried.`,
      );
}
