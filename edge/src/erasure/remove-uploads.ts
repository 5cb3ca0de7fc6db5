import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { lockProject } from '../projects/lock-project.ts';
import { blankAnswers } from './blank-answers.ts';
import { type Cause, lastUrlEnds } from './cause.ts';
import { sidecarOf } from './reads-upload.ts';

const row = z.object({ receipt_id: z.string() });

/**
 * Removes uploads: their rows and the deliveries that tell of them at once, their objects by `eraseObjects`. Jobs that
 * have read them cannot be retried any more. What a legal hold is laid on stays. Returns the receipts.
 *
 * @param chosen A query for ids.
 * @param free Condition over the upload `u` that must still hold.
 */
export async function removeUploads(
  ctx: Context,
  { projectId, reason, actor, receiptId }: Cause,
  chosen: SQL,
  free: SQL,
): Promise<string[]> {
  const [, result] = await ctx.db.batch([
    ctx.db.execute(lockProject(projectId)),
    ctx.db.execute(sql`
      with gone as (
        delete from uploads u using projects p
        where u.id in (${chosen}) and u.project_id = ${projectId} and p.id = u.project_id
          and not u.legal_hold and not p.legal_hold and ${free}
        returning u.id, u.object_key, case when u.part_count is null then u.expires_at end as put_until
      ),
      silenced as (delete from webhook_deliveries where upload_id in (select id from gone)),
      ${blankAnswers(projectId, 'upload_not_found')},
      reader as (
        select j.id from gone join jobs j on j.source_key = gone.object_key and j.source_erased_at is null
        union
        select unnest(array(select j.id from jobs j where j.sidecars @> ${sidecarOf(sql`gone.object_key`)})) from gone
      ),
      readers as (
        update jobs j
        set source_erased_at = coalesce(
              j.source_erased_at, case when j.source_key in (select object_key from gone) then now() end),
            sidecars = coalesce((
              select jsonb_agg(case when file #>> '{file,key}' in (select object_key from gone)
                then file || '{"erased":true}' else file end order by place)
              from jsonb_array_elements(j.sidecars) with ordinality listed(file, place)), '[]')
        from reader where j.id = reader.id
        returning j.source_key
      ),
      receipt as (
        insert into erasure_receipts (project_id, kind, subject_id, reason, actor)
        select ${projectId},
               case when ${reason} = 'retention' and gone.object_key in (select source_key from readers)
                 then 'source' else 'upload' end,
               gone.id::text, ${reason}, ${actor}
        from gone where ${receiptId}::uuid is null
        returning id, subject_id
      ),
      marked as (
        insert into erasures (project_id, prefix, final_after, receipt_id)
        select ${projectId}, gone.object_key, greatest(${lastUrlEnds}, gone.put_until),
               coalesce(${receiptId}::uuid, receipt.id)
        from gone left join receipt on receipt.subject_id = gone.id::text
        returning receipt_id
      )
      select receipt_id from marked`),
  ]);
  return result.rows.map((value) => row.parse(value).receipt_id);
}
