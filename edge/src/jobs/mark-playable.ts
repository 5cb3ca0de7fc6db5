import { sql } from 'drizzle-orm';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { happened, tell } from './tell.ts';

/**
 * Notes of jobs that can be played from now on: every rendition and the default audio have begun. To be asked after
 * first segments were announced, in a statement of its own: of two that are announced at once, neither sees the other,
 * but whoever asks last sees both.
 */
export async function markPlayable(ctx: Context, jobIds: string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await ctx.db.execute(sql`
    with chosen as (
      select j.id from jobs j
      where j.id = any (${sql.param(jobIds)}::uuid[]) and j.playable_at is null
        and j.status in ('queued', 'processing') and j.plan -> 'packaging' ? 'hls'
        and not exists (
          select 1 from (
            select r ->> 'name' as name from jsonb_array_elements(j.plan -> 'renditions') r
            union all select j.plan #>> '{audio,0,track}'
          ) awaited
          where awaited.name is not null and not exists (
            select 1 from segments s where s.job_id = j.id and s.track = awaited.name and s.number = 0))
      order by j.id for no key update
    ),
    playable as (
      update jobs j
      set playable_at = now(), version = j.version + 1, event_number = j.event_number + 1
      from chosen where j.id = chosen.id and j.playable_at is null and j.status in ('queued', 'processing')
      returning j.*
    ),
    ${tell(happened(sql`playable`, 'job.playable'), SYSTEM)}
    select 1`);
}
