import { type SQL, sql } from 'drizzle-orm';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { countDurations } from '../metrics/rendition-durations.ts';
import { type Fence, holds, lockJobThenTask, withEndedAttempt } from '../tasks/transition.ts';
import type { Publication } from './describe-publication.ts';
import { happened, tell } from './tell.ts';

/**
 * One statement: the publish task is done, the job is completed, and its rows name what was published. Changes nothing
 * when this attempt at publishing no longer holds its lease.
 */
export async function completeJob(ctx: Context, fence: Fence, published: Publication): Promise<void> {
  const beginsToPlay = sql`${published.hlsKey === null && published.dashKey !== null}::boolean`;
  await ctx.db.execute(sql`
    with ${lockJobThenTask(fence.taskId)},
    done as (
      update tasks t
      set state = 'done', outcome = 'completed', work_done = t.work_total, lease_expires_at = null, finished_at = now(),
          result = '{"kind":"publish"}'::jsonb, attempts = ${withEndedAttempt(sql`t`, 'completed')}
      from task, job where t.id = task.id and ${holds(fence)}
      returning t.job_id
    ),
    late as (
      select row_number() over (order by position) as place, name, width, height from jsonb_to_recordset(${JSON.stringify(
        published.renditions.filter((rendition) => rendition.outputKey === null),
      )}::jsonb) as r(name text, position int, width int, height int)
    ),
    completed as (
      update jobs j
      set status = 'completed', tasks_left = j.tasks_left - 1, finished_at = now(), version = j.version + 1,
          hls_key = ${published.hlsKey}, dash_key = ${published.dashKey}, poster_key = ${published.posterKey},
          storyboard_key = ${published.storyboardKey}, published = ${JSON.stringify(published.tracks)}::jsonb,
          playable_at = case when ${beginsToPlay} then now() else j.playable_at end,
          event_number = j.event_number + 1 + (select count(*) from late) + ${beginsToPlay}::int
      from done where j.id = done.job_id
      returning j.*
    ),
    named as (
      insert into renditions (job_id, name, position, width, height, codec, bitrate_kbps, duration_micros, size_bytes,
                              output_key, playlist_key, quality)
      select done.job_id, r.name, r.position, r.width, r.height, r.codec, r."bitrateKbps", r."durationMicros",
             r."sizeBytes", r."outputKey", r."playlistKey", r.quality
      from done, jsonb_to_recordset(${JSON.stringify(published.renditions)}::jsonb) as r(
        name text, position int, width int, height int, codec text, "bitrateKbps" int, "durationMicros" bigint,
        "sizeBytes" bigint, "outputKey" text, "playlistKey" text, quality jsonb)
    ),
    timed as (${countDurations(
      sql`completed`,
      published.renditions.map((rendition) => rendition.name),
    )}),
    ${tell(sql`${firstPlayable(beginsToPlay)} union all ${LATE_RENDITIONS} union all ${happened(sql`completed`, 'job.completed')}`, SYSTEM)}
    select 1 from completed`);
}

/** DASH alone cannot be played while the job runs: such a job can be from now on. */
function firstPlayable(isSo: SQL): SQL {
  return sql`
    select j.id, j.project_id, (j.event_number - (select count(*) from late) - 1)::int as number, j.version, j.status,
           j.metadata, j.tags, 'job.playable' as type, '{}'::jsonb as data
    from completed j where ${isSo}`;
}

/** Renditions that have no MP4, whose end would have told of them, are complete with the job. */
const LATE_RENDITIONS = sql`
  select j.id, j.project_id, (j.event_number - (select count(*) from late) + late.place - 1)::int as number, j.version,
         j.status, j.metadata, j.tags, 'rendition.completed' as type,
         jsonb_build_object('rendition', late.name, 'width', late.width, 'height', late.height) as data
  from completed j, late`;
