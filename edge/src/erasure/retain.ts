import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { advanceProjectErasure } from './advance-project-erasure.ts';
import { retainProject } from './retain-project.ts';

/** A project is looked at once in this time, unless more of it is known to be over. */
const EVERY_SECONDS = 60;
/** Expired idempotency keys deleted by one look. */
const KEYS_AT_ONCE = 500;
/** Of one pass: each may delete some hundred things, and a Worker may make only so many requests. */
const STEPS = 5;
const BEGIN_WITHIN_MS = 5_000;

const days = z.number().nullable();
const row = z.object({
  id: z.string(),
  erasing: z.boolean(),
  keep_sources_days: days,
  keep_outputs_days: days,
  keep_events_days: days,
  keep_logs_days: days,
});
type Due = z.infer<typeof row>;

/**
 * One bounded pass of what time takes away, in steps: the next due project has what its retention periods have run out
 * for, or its own erasure, brought further. True when there may be more. Costs one statement when no project is due.
 */
export async function retain(ctx: Context): Promise<boolean> {
  const beginBy = ctx.now() + BEGIN_WITHIN_MS;
  for (let step = 0; step < STEPS && ctx.now() < beginBy; step += 1) {
    const project = await claimDue(ctx);
    if (!project) return false;
    if (await advance(ctx, project)) {
      await ctx.db.execute(sql`update projects set retain_at = now() where id = ${project.id}`);
    }
  }
  return true;
}

/** True when the project has more to give. */
function advance(ctx: Context, project: Due): Promise<boolean> {
  if (project.erasing) return advanceProjectErasure(ctx, project.id);
  return retainProject(ctx, {
    projectId: project.id,
    sourcesDays: project.keep_sources_days,
    outputsDays: project.keep_outputs_days,
    eventsDays: project.keep_events_days,
    logsDays: project.keep_logs_days,
  });
}

/**
 * Takes a project by moving its next time: of several passes one has it, and a crash gives it back. Those that are on
 * their way out come first, for their owner waits.
 */
async function claimDue(ctx: Context): Promise<Due | null> {
  const [project] = await rowsOf(
    ctx.db,
    sql`
      with forgotten as (
        delete from idempotency_keys where (project_id, key) in (
          select project_id, key from idempotency_keys where expires_at < now()
          order by expires_at limit ${KEYS_AT_ONCE} for update skip locked)
      )
      update projects set retain_at = now() + ${EVERY_SECONDS}::int * interval '1 second'
      where id = (
        select id from projects
        where retain_at <= now() and not legal_hold and (erasing_since is not null or keep_sources_days is not null
          or keep_outputs_days is not null or keep_events_days is not null or keep_logs_days is not null)
        order by erasing_since is null, retain_at limit 1 for no key update skip locked)
      returning id, erasing_since is not null as erasing, keep_sources_days, keep_outputs_days, keep_events_days,
                keep_logs_days`,
    row,
  );
  return project ?? null;
}
