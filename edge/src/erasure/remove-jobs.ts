import { taskPrefix } from '@millrace/shared/storage-keys.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { lockProject } from '../projects/lock-project.ts';
import { blankAnswers } from './blank-answers.ts';
import { type Cause, lastUrlEnds } from './cause.ts';
import { isRead } from './reads-upload.ts';

/** Stands in a prefix for the task. */
const TASK = '{task}';

const row = z.object({ job_id: z.string(), receipt_id: z.string() });

export interface Removed {
  jobId: string;
  receiptId: string;
}

/**
 * Removes jobs that have ended: their rows and the deliveries that tell of them at once, their objects by
 * `eraseObjects`. Objects that another job names stay, and so does what a legal hold is laid on.
 *
 * @param chosen A query for ids.
 * @param withSource Uploads go too, those of subtitles as well, when no other job reads them.
 */
export async function removeJobs(
  ctx: Context,
  cause: Cause,
  chosen: SQL,
  { withSource }: { withSource: boolean },
): Promise<Removed[]> {
  const [, result] = await ctx.db.batch([
    ctx.db.execute(lockProject(cause.projectId)),
    ctx.db.execute(removal(cause, chosen, withSource)),
  ]);
  const removed = result.rows.map((value) => row.parse(value));
  await Promise.all(removed.map(({ job_id }) => ctx.statusCache.forget(job_id)));
  return removed.map(({ job_id, receipt_id }) => ({ jobId: job_id, receiptId: receipt_id }));
}

function removal({ projectId, reason, actor, receiptId }: Cause, chosen: SQL, withSource: boolean): SQL {
  return sql`
    with gone as (
      delete from jobs j using projects p
      where j.id in (${chosen}) and j.project_id = ${projectId} and p.id = j.project_id
        and j.status in ('completed', 'failed', 'canceled') and not j.legal_hold and not p.legal_hold
      returning j.id, j.status, j.input_url, j.source_key, j.source_erased_at, j.sidecars
    ),
    wrote as (
      select gone.id as job_id, t.id as task_id from gone join tasks t on t.job_id = gone.id where t.attempt > 0
      union
      select gone.id, s.task_id from gone join segments s on s.job_id = gone.id
      union
      select gone.id, k.task_id from gone join tracks k on k.job_id = gone.id where k.task_id is not null
      union
      select gone.id, f.task_id from gone join files f on f.job_id = gone.id
    ),
    source as (
      select distinct on (input.source_key) input.job_id, input.source_key
      from (
        select id as job_id, source_key from gone where input_url is null and source_erased_at is null
        union all
        select gone.id, file #>> '{file,key}' from gone, jsonb_array_elements(gone.sidecars) file
        where not file ? 'erased'
      ) input
      where ${withSource}::boolean
        and not ${isRead(sql`input.source_key`, sql`j.id not in (select id from gone)`)}
        and not exists (select 1 from uploads u where u.object_key = input.source_key and u.legal_hold)
    ),
    upload as (
      delete from uploads u using source where u.object_key = source.source_key
      returning u.id, u.object_key, case when u.part_count is null then u.expires_at end as put_until
    ),
    prefixes as (
      select wrote.job_id, replace(${taskPrefix(projectId, TASK)}, ${TASK}, wrote.task_id::text) as prefix,
             null::timestamptz as put_until
      from wrote
      where not exists (
        select 1 from segments s where s.task_id = wrote.task_id and s.job_id not in (select id from gone))
        and not exists (
          select 1 from tracks k where k.task_id = wrote.task_id and k.job_id not in (select id from gone))
        and not exists (
          select 1 from files f where f.task_id = wrote.task_id and f.job_id not in (select id from gone))
      union all
      select source.job_id, source.source_key, upload.put_until
      from source left join upload on upload.object_key = source.source_key
    ),
    silenced as (
      delete from webhook_deliveries
      where job_id in (select id from gone) or upload_id in (select id from upload)
    ),
    ${blankAnswers(projectId, 'job_not_found')},
    receipt as (
      insert into erasure_receipts (project_id, kind, subject_id, reason, actor, emptied_at, completed_at)
      select ${projectId}, 'job', gone.id::text, ${reason}, ${actor}, none.at, none.at
      from gone cross join lateral (
        select case when not exists (select 1 from prefixes where job_id = gone.id) then now() end as at) none
      where ${receiptId}::uuid is null
      returning id, subject_id
    ),
    marked as (
      insert into erasures (project_id, prefix, final_after, receipt_id)
      select ${projectId}, prefix, greatest(${lastUrlEnds}, put_until), coalesce(${receiptId}::uuid, receipt.id)
      from prefixes left join receipt on receipt.subject_id = prefixes.job_id::text
    ),
    counted as (
      insert into erased_jobs (status, jobs) select status, count(*) from gone group by status
      on conflict (status) do update set jobs = erased_jobs.jobs + excluded.jobs
    )
    select gone.id as job_id, coalesce(${receiptId}::uuid, receipt.id) as receipt_id
    from gone left join receipt on receipt.subject_id = gone.id::text`;
}
