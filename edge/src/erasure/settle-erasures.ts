import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';

/**
 * Writes down what a sweep found: entries that are done go, those that are empty for now wait for their last URL to
 * expire, and receipts learn of it.
 *
 * Two statements in one transaction: the receipts are locked by the first, so that of two passes that settle the last
 * two entries of a receipt the second sees what the first did.
 */
export async function settleErasures(
  ctx: Context,
  found: { done: string[]; emptied: string[] },
): Promise<void> {
  const done = idsOf(found.done);
  const emptied = idsOf(found.emptied);
  const all = idsOf([...found.done, ...found.emptied]);
  await ctx.db.batch([
    ctx.db.execute(sql`
      select 1 from erasure_receipts where id in (select receipt_id from erasures where id in (${all}))
      order by id for update`),
    ctx.db.execute(sql`
      with gone as (delete from erasures where id in (${done}) returning receipt_id),
      waiting as (
        update erasures set run_after = final_after, emptied = true where id in (${emptied}) returning receipt_id
      )
      update erasure_receipts r
      set emptied_at = coalesce(r.emptied_at, case when not exists (
            select 1 from erasures e
            where e.receipt_id = r.id and not e.emptied and e.id not in (${all})) then now() end),
          completed_at = case when not exists (
            select 1 from erasures e where e.receipt_id = r.id and e.id not in (${done})) then now() end
      where r.id in (select receipt_id from gone union select receipt_id from waiting)
        -- A project writes its last entries when it goes itself.
        and not exists (select 1 from projects p where r.kind = 'project' and p.id = r.project_id)`),
  ]);
}

function idsOf(list: string[]) {
  return sql`select value::bigint from jsonb_array_elements_text(${JSON.stringify(list)}::jsonb)`;
}
