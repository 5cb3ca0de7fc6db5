import { sql } from 'drizzle-orm';
import { type Caller, requireMayLift } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { tellPlayback } from '../playback/tell-playback.ts';
import { lockProject } from '../projects/lock-project.ts';
import { Refusal } from '../refusal.ts';
import { readStoredJob } from '../status/read-job.ts';
import type { JobChanges } from './job-input.ts';
import { happened, tell } from './tell.ts';

/**
 * Changes what may be changed of a job; what is left out stays as it is. Who may watch it holds within five seconds.
 * Refuses with `job_not_found`, with `forbidden` to lift a legal hold without the scope `admin`, and with
 * `cache_unavailable` when who may watch it was changed and cannot be told everywhere: to be asked again.
 */
export async function updateJob(
  ctx: Context,
  { caller, jobId, changes }: { caller: Caller; jobId: string; changes: JobChanges },
): Promise<void> {
  const { metadata, tags, priority, legal_hold, public: isPublic } = changes;
  requireMayLift(caller, legal_hold);
  const { projectId, actor } = caller;
  const named = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const update = ctx.db.execute(sql`
    with updated as (
      update jobs j
      set metadata = coalesce(${metadata === undefined ? null : JSON.stringify(metadata)}::jsonb, j.metadata),
          tags = coalesce(${tags === undefined ? null : sql.param(tags)}::text[], j.tags),
          priority = coalesce(${priority ?? null}::smallint, j.priority),
          legal_hold = coalesce(${legal_hold ?? null}::boolean, j.legal_hold),
          public = coalesce(${isPublic ?? null}::boolean, j.public),
          version = j.version + 1, event_number = j.event_number + 1
      where j.id = ${jobId}::uuid and j.project_id = ${projectId}
      returning j.*
    ),
    ${tell(
      happened(
        sql`updated`,
        'job.updated',
        sql`jsonb_build_object('changed', ${JSON.stringify(named)}::jsonb)`,
      ),
      actor,
    )}
    select id from updated`);
  // Nobody erases anything under a hold that is being laid.
  const { rows } =
    legal_hold === undefined
      ? await update
      : (await ctx.db.batch([ctx.db.execute(lockProject(projectId)), update]))[1];
  if (rows.length === 0) throw new Refusal('job_not_found', `There is no job ${jobId}.`);
  if (isPublic !== undefined) await tellPlayback(ctx, await readStoredJob(ctx, { projectId, jobId }));
}
