import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { familyOf } from './edge-metrics.ts';
import { type Family, histogramSamples, type Sample } from './prometheus-text.ts';

/** Upper ends in seconds; from a short clip to a long film on a small fleet. */
const BUCKETS = [2, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600];
/** A rendition of the source's own odd size counts as "other": label values stay few. */
const RESOLUTIONS = ['2160p', '1440p', '1080p', '720p', '480p', '360p', '240p'];

/**
 * The statement part that counts how long each rendition of the job in the CTE `completed` took: from the start of the
 * job to the end of its MP4, or to now when it has none.
 */
export function countDurations(completed: SQL, renditions: string[]): SQL {
  const labels = renditions.map((name) => ({ name, label: RESOLUTIONS.includes(name) ? name : 'other' }));
  return sql`
    insert into rendition_durations as total (resolution, up_to, renditions, seconds)
    select took.label, bucket.up_to, count(*), sum(took.seconds)
    from (
      select r.label, extract(epoch from coalesce(mp4.finished_at, now()) - job.started_at)::float8 as seconds
      from ${completed} job
      cross join jsonb_to_recordset(${JSON.stringify(labels)}::jsonb) as r(name text, label text)
      left join tasks mp4
        on mp4.job_id = job.id and mp4.kind = 'assemble' and mp4.spec #>> '{rendition,name}' = r.name
      where job.started_at is not null
    ) took
    cross join lateral (
      select coalesce(min(value::float8), 'Infinity') as up_to
      from jsonb_array_elements_text(${JSON.stringify(BUCKETS)}::jsonb) where value::float8 >= took.seconds
    ) bucket
    group by took.label, bucket.up_to order by took.label, bucket.up_to
    on conflict (resolution, up_to) do update
    set renditions = total.renditions + excluded.renditions, seconds = total.seconds + excluded.seconds`;
}

export const durationRow = z.object({
  resolution: z.string(),
  up_to: z.string(),
  renditions: z.number(),
  seconds: z.number(),
});
type DurationRow = z.infer<typeof durationRow>;

/** The rows as `durationFamily` wants them. */
export const durationRows = sql`
  select resolution, up_to::text, renditions::int, seconds from rendition_durations order by resolution, up_to`;

export function durationFamily(rows: DurationRow[]): Family {
  const resolutions = [...new Set(rows.map((r) => r.resolution))];
  return familyOf(
    'job_duration_seconds',
    resolutions.flatMap((resolution) =>
      samples(
        resolution,
        rows.filter((r) => r.resolution === resolution),
      ),
    ),
  );
}

function samples(resolution: string, rows: DurationRow[]): Sample[] {
  const counted = [...BUCKETS.map(String), 'Infinity'].map((end) => ({
    le: end === 'Infinity' ? '+Inf' : end,
    count: rows.find((r) => r.up_to === end)?.renditions ?? 0,
  }));
  const seconds = rows.reduce((sum, r) => sum + r.seconds, 0);
  return histogramSamples({ resolution }, counted, seconds);
}
