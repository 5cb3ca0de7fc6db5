import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { decodeTextCursor, encodeTextCursor, notACursor } from '../text-cursor.ts';

/** Somebody who came with a token of the identity provider. Times are ISO 8601. */
export interface UserView {
  subject: string;
  name: string;
  role: string;
  firstSeenAt: string;
  lastSeenAt: string;
}

const userRow = z
  .object({
    subject: z.string(),
    name: z.string(),
    role: z.string(),
    first_seen_ms: z.coerce.number(),
    last_seen_ms: z.coerce.number(),
  })
  .transform(
    ({ first_seen_ms, last_seen_ms, ...row }): UserView => ({
      ...row,
      firstSeenAt: new Date(first_seen_ms).toISOString(),
      lastSeenAt: new Date(last_seen_ms).toISOString(),
    }),
  );

/** People who came to a project, by subject. */
export async function listUsers(
  ctx: Context,
  input: { projectId: string; limit: number; cursor: string | null },
): Promise<{ users: UserView[]; nextCursor: string | null }> {
  const list = `users:${input.projectId}`;
  const after = input.cursor === null ? null : decodeTextCursor(list, input.cursor);
  if (input.cursor !== null && after === null) throw notACursor();
  const rows = await rowsOf(
    ctx.db,
    sql`
      select subject, name, role, extract(epoch from first_seen_at) * 1000 as first_seen_ms,
             extract(epoch from last_seen_at) * 1000 as last_seen_ms
      from users
      where project_id = ${input.projectId} ${after === null ? sql`` : sql`and subject > ${after}`}
      order by subject limit ${input.limit + 1}`,
    userRow,
  );
  const users = rows.slice(0, input.limit);
  const last = users.at(-1);
  return {
    users,
    nextCursor: last && rows.length > users.length ? encodeTextCursor(list, last.subject) : null,
  };
}
