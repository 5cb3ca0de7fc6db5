import { sql } from 'drizzle-orm';
import { type Caller, requireOperator } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { type ProjectView, projectColumns, projectRow } from './project-row.ts';

/**
 * Makes a project without limits. Ids are given once: what was signed for an erased project may still be about. Refuses
 * with `forbidden` or `project_exists`.
 */
export async function createProject(
  ctx: Context,
  input: { caller: Caller; id: string; name: string },
): Promise<ProjectView> {
  requireOperator(input.caller);
  const [made] = await rowsOf(
    ctx.db,
    sql`
      insert into projects as p (id, name)
      select ${input.id}::text, ${input.name}::text
      where not exists (
        select 1 from erasure_receipts r where r.project_id = ${input.id} and r.subject_id = ${input.id})
      on conflict (id) do nothing
      returning ${projectColumns}`,
    projectRow,
  );
  if (!made) throw new Refusal('project_exists', `There is, or was, a project "${input.id}".`);
  ctx.access.projects.delete(input.id);
  return made;
}
