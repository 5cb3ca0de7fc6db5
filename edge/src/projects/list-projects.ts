import { sql } from 'drizzle-orm';
import { type Caller, requireOperator } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { decodeTextCursor, encodeTextCursor, notACursor } from '../text-cursor.ts';
import { type ProjectView, projectColumns, projectRow } from './project-row.ts';

const LIST = 'projects';

/** All projects, by id. Refuses with `forbidden`. */
export async function listProjects(
  ctx: Context,
  input: { caller: Caller; limit: number; cursor: string | null },
): Promise<{ projects: ProjectView[]; nextCursor: string | null }> {
  requireOperator(input.caller);
  const after = input.cursor === null ? null : decodeTextCursor(LIST, input.cursor);
  if (input.cursor !== null && after === null) throw notACursor();
  const rows = await rowsOf(
    ctx.db,
    sql`
      select ${projectColumns} from projects p
      ${after === null ? sql`` : sql`where p.id > ${after}`}
      order by p.id limit ${input.limit + 1}`,
    projectRow,
  );
  const projects = rows.slice(0, input.limit);
  const last = projects.at(-1);
  return {
    projects,
    nextCursor: last && rows.length > projects.length ? encodeTextCursor(LIST, last.id) : null,
  };
}
