import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { tellPlayback } from '../playback/tell-playback.ts';
import { Refusal } from '../refusal.ts';
import { readStoredJob } from '../status/read-job.ts';
import type { JobChanges } from './job-input.ts';
import { happened, tell } from './tell.ts';

/** Changes what may be changed of a job; what is left out stays as it is. Who may watch it holds within five seconds. */
export async function updateJob(
  ctx: Context,
  input: { projectId: string; jobId: string; actor: string; changes: JobChanges },
): Promise<void> {
  const { metadata, tags, priority, legal_hold, public: isPublic } = input.changes;
  const named = Object.entries(input.changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const { rows } = await ctx.db.execute(sql`
    with updated as (
      update jobs j
      set metadata = coalesce(${metadata === undefined ? null : JSON.stringify(metadata)}::jsonb, j.metadata),
          tags = coalesce(${tags === undefined ? null : sql.param(tags)}::text[], j.tags),
          priority = coalesce(${priority ?? null}::smallint, j.priority),
          legal_hold = coalesce(${legal_hold ?? null}::boolean, j.legal_hold),
          public = coalesce(${isPublic ?? null}::boolean, j.public),
          version = j.version + 1, event_number = j.event_number + 1
      where j.id = ${input.jobId}::uuid and j.project_id = ${input.projectId}
      returning j.*
    ),
    ${tell(
      happened(
        sql`updated`,
        'job.updated',
        sql`jsonb_build_object('changed', ${JSON.stringify(named)}::jsonb)`,
      ),
      input.actor,
    )}
    select id from updated`);
  if (rows.length === 0) throw new Refusal('job_not_found', `There is no job ${input.jobId}.`);
  if (isPublic !== undefined) await tellPlayback(ctx, await readStoredJob(ctx, input));
}
