import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { decodeCursor, encodeCursor } from '../page-cursor.ts';
import { notACursor } from '../text-cursor.ts';
import { type ErasureRecord, erasureColumns, erasureRow } from './erasure-record.ts';

/** What was erased, by its id. */
export const subjectId = z
  .string()
  .regex(/^[a-z0-9-]{2,39}$/, 'must be the id of a job, an upload or a project');

export interface ListErasures {
  caller: Pick<Caller, 'projectId' | 'operator'>;
  /** Null for all. */
  subjectId: string | null;
  limit: number;
  /** From the page before. */
  cursor: string | null;
}

/** Receipts of the caller's project, newest first. The operator finds an erased project by its id as the subject. */
export async function listErasures(
  ctx: Context,
  input: ListErasures,
): Promise<{ erasures: ErasureRecord[]; nextCursor: string | null }> {
  const list = `erasures of ${input.caller.projectId}`;
  const after = input.cursor === null ? null : decodeCursor(list, input.cursor);
  if (input.cursor !== null && !after) throw notACursor();
  const conditions = [
    visible(input),
    after && sql`(requested_at, id) < (${after.at}::timestamptz, ${after.id}::uuid)`,
  ].filter((condition) => condition !== null);
  // One more than asked for tells whether there is a next page.
  const found = await rowsOf(
    ctx.db,
    sql`
      select ${erasureColumns} from erasure_receipts r
      where ${sql.join(conditions, sql` and `)}
      order by r.requested_at desc, r.id desc limit ${input.limit + 1}`,
    erasureRow,
  );
  const erasures = found.slice(0, input.limit);
  const last = erasures.at(-1);
  return {
    erasures,
    nextCursor:
      last && found.length > erasures.length
        ? encodeCursor(list, { at: last.requestedAt, id: last.id })
        : null,
  };
}

function visible({ caller, subjectId }: ListErasures): SQL {
  if (subjectId === null) return sql`project_id = ${caller.projectId}`;
  const owners = caller.operator ? [caller.projectId, subjectId] : [caller.projectId];
  return sql`project_id in ${owners} and subject_id = ${subjectId}`;
}
