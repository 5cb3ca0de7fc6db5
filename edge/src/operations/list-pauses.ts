import { sql } from 'drizzle-orm';
import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { behind, nextCursor, placeOf } from '../webhooks/list-page.ts';
import { type PauseRecord, pauseColumns, pauseRow } from './pause-record.ts';
import { inForce } from './paused.ts';

/** Pauses in force, newest first, one page: those of the caller's project; for the operator, all. */
export async function listPauses(
  ctx: Context,
  { caller, limit, cursor }: { caller: Caller; limit: number; cursor: string | null },
): Promise<{ pauses: PauseRecord[]; nextCursor: string | null }> {
  const list = `pauses ${caller.projectId}`;
  const place = placeOf(list, cursor);
  const rows = await rowsOf(
    ctx.db,
    sql`
      select ${pauseColumns} from dispatch_pauses p
      where ${inForce} and (${caller.operator}::boolean or p.project_id = ${caller.projectId})
        ${behind(sql`created_at`, place)}
      order by p.created_at desc, p.id desc limit ${limit + 1}`,
    pauseRow,
  );
  const pauses = rows.slice(0, limit);
  const last = rows.length > limit ? pauses.at(-1) : undefined;
  return { pauses, nextCursor: nextCursor(list, last && { at: last.createdAt, id: last.id }) };
}
