import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { happened, tell } from '../jobs/tell.ts';
import { Refusal } from '../refusal.ts';
import { type JobRef, readStoredJob } from '../status/read-job.ts';
import { tellPlayback } from './tell-playback.ts';

/**
 * Makes all links that were signed for a job worthless, within five seconds everywhere. New ones open it again, and a
 * public job goes on playing at its public address. Refuses with `job_not_found`, and with `cache_unavailable` when not
 * everybody can be told: to be asked again.
 */
export async function revokePlayback(
  ctx: Context,
  { projectId, jobId, actor }: JobRef & { actor: string },
): Promise<void> {
  const { rows } = await ctx.db.execute(sql`
    with revoked as (
      update jobs j
      set playback_revision = j.playback_revision + 1, version = j.version + 1, event_number = j.event_number + 1
      where j.id = ${jobId}::uuid and j.project_id = ${projectId}
      returning j.*
    ),
    ${tell(happened(sql`revoked`, 'job.updated', sql`'{"changed": ["playback"]}'::jsonb`), actor)}
    select id from revoked`);
  if (rows.length === 0) throw new Refusal('job_not_found', `There is no job ${jobId}.`);
  await tellPlayback(ctx, await readStoredJob(ctx, { projectId, jobId }));
}
