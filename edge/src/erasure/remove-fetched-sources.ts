import { taskPrefix } from '@millrace/shared/storage-keys.ts';
import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { lockProject } from '../projects/lock-project.ts';
import { type Cause, lastUrlEnds } from './cause.ts';

/** Stands in a prefix for the task. */
const TASK = '{task}';

/**
 * Removes sources that the fleet has fetched for jobs that ended before a time. Each belongs to one job, and lies with
 * everything its fetch task wrote. Returns how many.
 */
export async function removeFetchedSources(
  ctx: Context,
  { projectId, reason, actor }: Cause,
  endedBefore: SQL,
  limit: number,
): Promise<number> {
  const [, result] = await ctx.db.batch([
    ctx.db.execute(lockProject(projectId)),
    ctx.db.execute(sql`
      with gone as (
        update jobs j set source_erased_at = now() from projects p
        where p.id = j.project_id and not p.legal_hold and not j.legal_hold
          and j.finished_at < ${endedBefore} and j.source_erased_at is null and j.id in (
          select id from jobs
          where project_id = ${projectId} and finished_at < ${endedBefore} and not legal_hold
            and input_url is not null and source_key is not null and source_erased_at is null
          order by finished_at limit ${limit})
        returning j.id, split_part(j.source_key, '/', 3) as task_id
      ),
      receipt as (
        insert into erasure_receipts (project_id, kind, subject_id, reason, actor)
        select ${projectId}, 'source', gone.id::text, ${reason}, ${actor} from gone
        returning id, subject_id
      )
      insert into erasures (project_id, prefix, final_after, receipt_id)
      select ${projectId}, replace(${taskPrefix(projectId, TASK)}, ${TASK}, gone.task_id), ${lastUrlEnds}, receipt.id
      from gone join receipt on receipt.subject_id = gone.id::text
      returning id`),
  ]);
  return result.rows.length;
}
