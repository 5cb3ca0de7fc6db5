import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

const row = z.object({ upload_id: z.uuid(), numbers: z.array(z.int()) });

/** Numbers of the parts that were confirmed of each of these uploads, in one statement; none of those that ended. */
export async function loadConfirmedParts(
  ctx: Context,
  { projectId, uploadIds }: { projectId: string; uploadIds: readonly string[] },
): Promise<Map<string, number[]>> {
  const found = await rowsOf(
    ctx.db,
    sql`
      select p.upload_id, to_jsonb(array_agg(p.number order by p.number)) as numbers
      from upload_parts p join uploads u on u.id = p.upload_id
      where u.id = any(${sql.param([...uploadIds])}::uuid[]) and u.project_id = ${projectId} and u.status = 'pending'
      group by p.upload_id`,
    row,
  );
  return new Map(found.map(({ upload_id, numbers }) => [upload_id, numbers]));
}
