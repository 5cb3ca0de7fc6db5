import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { type JobRef, readStoredJob } from '../status/read-job.ts';
import { tellPlayback } from './tell-playback.ts';

/**
 * Makes all links that were signed for a job worthless, within five seconds everywhere. New ones open it again, and a
 * public job goes on playing at its public address. Refuses with `job_not_found`.
 */
export async function revokePlayback(ctx: Context, { projectId, jobId }: JobRef): Promise<void> {
  const { rows } = await ctx.db.execute(sql`
    update jobs set playback_revision = playback_revision + 1, version = version + 1
    where id = ${jobId}::uuid and project_id = ${projectId}
    returning id`);
  if (rows.length === 0) throw new Refusal('job_not_found', `There is no job ${jobId}.`);
  await tellPlayback(ctx, await readStoredJob(ctx, { projectId, jobId }));
}
