import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Database, rowsOf } from '../db/database.ts';
import { utcText } from '../db/utc-text.ts';
import type { JobRecord } from './job-record.ts';
import { jobRow, toJobRecord } from './job-row.ts';

/** Complete records of jobs, in one statement. Unknown ids are left out; the order is not promised. */
export function loadJobRecords(db: Database, jobIds: string[]): Promise<JobRecord[]> {
  if (jobIds.length === 0) return Promise.resolve([]);
  return selectJobRecords(db, sql`select unnest(${sql.param(jobIds)}::uuid[])`);
}

/** As `loadJobRecords`, for the ids that a query yields. */
export async function selectJobRecords(db: Database, jobIds: SQL): Promise<JobRecord[]> {
  const rows = await rowsOf(db, recordsStatement(jobIds), z.object({ job: jobRow }));
  return rows.map((row) => toJobRecord(row.job));
}

function recordsStatement(jobIds: SQL): SQL {
  return sql`
    select jsonb_build_object(
      'id', j.id, 'project_id', j.project_id, 'version', j.version, 'status', j.status,
      'profile', j.profile, 'metadata', j.metadata,
      'source_key', j.source_key, 'source_size_bytes', j.source_size_bytes, 'media_info', j.media_info,
      'planned', j.plan is not null,
      'playable', coalesce(j.hls_key is not null
        or (j.playable_at is not null and j.status in ('queued', 'processing')
            and j.plan -> 'packaging' ? 'hls'), false),
      'tags', j.tags, 'priority', j.priority, 'not_before', ${utcText(sql`j.not_before`)}, 'public', j.public,
      'playback_revision', j.playback_revision, 'legal_hold', j.legal_hold, 'actor', j.actor, 'retries', j.retries,
      'event_number', j.event_number, 'playable_at', ${utcText(sql`j.playable_at`)}, 'input_url', j.input_url,
      'failure_code', j.failure_code, 'failure_message', j.failure_message,
      'hls_key', j.hls_key, 'dash_key', j.dash_key, 'poster_key', j.poster_key, 'storyboard_key', j.storyboard_key,
      'published', j.published,
      'created_at', ${utcText(sql`j.created_at`)}, 'started_at', ${utcText(sql`j.started_at`)},
      'finished_at', ${utcText(sql`j.finished_at`)},
      'running_seconds', extract(epoch from now() - j.started_at),
      'tasks_total', t.total, 'tasks_done', t.done, 'tasks_running', t.running,
      'tasks_reused', t.reused, 'source_bytes_read', t.source_bytes_read,
      'work_total', t.work_total, 'work_done', t.work_done,
      'renditions', coalesce(r.list, '[]')
    ) as job
    from jobs j
    cross join lateral (
      select count(*) as total,
        count(*) filter (where state = 'done') as done,
        count(*) filter (where state = 'running') as running,
        count(*) filter (where reused_from is not null) as reused,
        coalesce(sum(source_bytes_read), 0) as source_bytes_read,
        coalesce(sum(work_total), 0) as work_total,
        coalesce(sum(work_done), 0) as work_done
      from tasks where job_id = j.id
    ) t
    cross join lateral (
      select jsonb_agg(jsonb_build_object(
        'name', name, 'width', width, 'height', height, 'codec', codec, 'bitrate_kbps', bitrate_kbps,
        'frame_rate', j.plan -> 'frameRate', 'frame_step', (
          select p -> 'frameStep' from jsonb_array_elements(j.plan -> 'renditions') p where p ->> 'name' = name),
        'duration_micros', duration_micros, 'size_bytes', size_bytes,
        'output_key', output_key, 'playlist_key', playlist_key, 'quality', quality
      ) order by position) as list
      from renditions where job_id = j.id
    ) r
    where j.id in (${jobIds})`;
}
