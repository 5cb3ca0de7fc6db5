import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { type SQL, sql } from 'drizzle-orm';
import { today } from './quota.ts';

/** CTE: adds an analyzed source to what the project of the one row of `from` has used today. */
export function meterSource(from: SQL, mediaInfo: MediaInfo): SQL {
  return sql`metered as (
      insert into project_usage (project_id, day, jobs, source_micros)
      select project_id, ${today}, 1, ${mediaInfo.durationMicros}::bigint from ${from}
      on conflict (project_id, day) do update
      set jobs = project_usage.jobs + 1, source_micros = project_usage.source_micros + excluded.source_micros
    )`;
}
