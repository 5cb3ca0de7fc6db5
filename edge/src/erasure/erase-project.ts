import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { lockProject } from '../projects/lock-project.ts';
import { Refusal } from '../refusal.ts';

/** An installation is born with it. */
const KEPT_PROJECT = 'default';

const row = z.object({ held: z.boolean(), receipt_id: z.string().nullable() });

/**
 * Begins to erase a project: nobody gets in from now on, and `retain` takes its jobs, its uploads and then the project
 * itself away, step by step. Asking again gives the same receipt. Refuses with `project_not_found`, with `legal_hold`
 * when one is laid on anything in it, and with `invalid_request` for the project that every installation has.
 */
export async function eraseProject(
  ctx: Context,
  { projectId, actor }: { projectId: string; actor: string },
): Promise<{ receiptId: string }> {
  if (projectId === KEPT_PROJECT) {
    throw new Refusal('invalid_request', `The project "${KEPT_PROJECT}" stays: erase its jobs and uploads.`);
  }
  const [, result] = await ctx.db.batch([
    ctx.db.execute(lockProject(projectId)),
    ctx.db.execute(sql`
      with found as (
        select p.id, p.erasing_since is not null as erasing,
               p.legal_hold or exists (select 1 from jobs where project_id = p.id and legal_hold)
                 or exists (select 1 from uploads where project_id = p.id and legal_hold) as held
        from projects p where p.id = ${projectId}
      ),
      closed as (
        update projects p set erasing_since = now(), retain_at = now() from found
        where p.id = found.id and not found.held and not found.erasing returning p.id
      ),
      receipt as (
        insert into erasure_receipts (project_id, kind, subject_id, reason, actor)
        select id, 'project', id, 'request', ${actor}::text from closed returning id
      )
      select found.held, coalesce((select id from receipt), (
        select id from erasure_receipts
        where project_id = found.id and subject_id = found.id and kind = 'project')) as receipt_id
      from found`),
  ]);
  const found = result.rows.map((value) => row.parse(value))[0];
  if (!found) throw new Refusal('project_not_found', `There is no project "${projectId}".`);
  if (found.receipt_id !== null) return { receiptId: found.receipt_id };
  throw new Refusal('legal_hold', `A legal hold keeps the project "${projectId}", or something in it.`);
}
