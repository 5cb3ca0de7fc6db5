import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { decodeCursor, encodeCursor } from '../page-cursor.ts';
import { Refusal } from '../refusal.ts';
import { notACursor } from '../text-cursor.ts';
import { type KeyView, keyColumns, keyRow } from './key-row.ts';

/** Keys of a project, newest first, revoked and expired ones too. */
export async function listKeys(
  ctx: Context,
  input: { projectId: string; limit: number; cursor: string | null },
): Promise<{ keys: KeyView[]; nextCursor: string | null }> {
  const list = `keys:${input.projectId}`;
  const after = input.cursor === null ? null : decodeCursor(list, input.cursor);
  if (input.cursor !== null && !after) throw notACursor();
  const rows = await rowsOf(
    ctx.db,
    sql`
      select ${keyColumns} from api_keys k
      where project_id = ${input.projectId}
        ${after ? sql`and (k.created_at, k.id) < (${after.at}::timestamptz, ${after.id}::uuid)` : sql``}
      order by k.created_at desc, k.id desc limit ${input.limit + 1}`,
    keyRow,
  );
  const keys = rows.slice(0, input.limit);
  const last = keys.at(-1);
  const more = last && rows.length > keys.length;
  return { keys, nextCursor: more ? encodeCursor(list, { at: last.createdAt, id: last.id }) : null };
}

export async function getKey(ctx: Context, input: { projectId: string; keyId: string }): Promise<KeyView> {
  const [found] = await rowsOf(
    ctx.db,
    sql`select ${keyColumns} from api_keys where id = ${input.keyId}::uuid and project_id = ${input.projectId}`,
    keyRow,
  );
  if (!found) throw new Refusal('key_not_found', `There is no API key ${input.keyId}.`);
  return found;
}
