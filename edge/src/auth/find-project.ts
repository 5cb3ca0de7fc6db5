import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { ACCESS_TTL_MS } from './access-memory.ts';

const projectState = z.object({ erasing: z.boolean() });
export type ProjectState = z.infer<typeof projectState>;

export const PROJECT_ID = /^[a-z0-9][a-z0-9-]{1,38}$/;

/** Refuses with `project_not_found` or `project_erasing`. Costs a statement every five seconds in each isolate. */
export async function requireProject(ctx: Context, projectId: string): Promise<void> {
  const state = PROJECT_ID.test(projectId) ? await lookUp(ctx, projectId) : null;
  if (!state) throw new Refusal('project_not_found', 'There is no such project.');
  if (state.erasing) throw new Refusal('project_erasing', `The project "${projectId}" is being erased.`);
}

async function lookUp(ctx: Context, projectId: string): Promise<ProjectState | null> {
  const known = ctx.access.projects.get(projectId, ctx.now());
  if (known !== undefined) return known;
  const until = ctx.now() + ACCESS_TTL_MS;
  const [found] = await rowsOf(
    ctx.db,
    sql`select erasing_since is not null as erasing from projects where id = ${projectId}`,
    projectState,
  );
  ctx.access.projects.set(projectId, found ?? null, until);
  return found ?? null;
}
