import { sql } from 'drizzle-orm';
import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { type ErasureRecord, erasureColumns, erasureRow } from './erasure-record.ts';

/**
 * A receipt of the caller's project. The operator reads those of projects that are no more, too. Refuses with
 * `erasure_not_found`.
 */
export async function readErasure(
  ctx: Context,
  { caller, receiptId }: { caller: Pick<Caller, 'projectId' | 'operator'>; receiptId: string },
): Promise<ErasureRecord> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select ${erasureColumns} from erasure_receipts
      where id = ${receiptId}::uuid and (project_id = ${caller.projectId} or ${caller.operator}::boolean)`,
    erasureRow,
  );
  if (!found) throw new Refusal('erasure_not_found', `There is no erasure ${receiptId}.`);
  return found;
}
