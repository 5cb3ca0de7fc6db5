import { type SQL, sql } from 'drizzle-orm';
import type { TakenOver } from '../jobs/take-over.ts';

/**
 * CTEs that give the job of the one row of `done` the tracks, segments and files it takes over: rows of its own, which
 * name the task that wrote the objects, and keep them as long as any job names them. Nothing for nothing.
 */
export function copyOutputs(taken: readonly TakenOver[]): SQL {
  if (taken.length === 0) return sql``;
  const ranges = taken.flatMap(({ jobId, tracks }) => tracks.map((track) => ({ jobId, ...track })));
  const files = taken.flatMap((from) => from.files.map((file) => ({ jobId: from.jobId, ...file })));
  return sql`
    range as (
      select * from jsonb_to_recordset(${JSON.stringify(ranges)}::jsonb) as r(
        "jobId" uuid, "from" text, "to" text, first int, count int)
    ),
    begun as (
      insert into tracks (job_id, name, task_id, init_key, init_sha256, init_size_bytes, codecs, width, height)
      select distinct on (r."to") done.job_id, r."to", k.task_id, k.init_key, k.init_sha256, k.init_size_bytes,
             k.codecs, k.width, k.height
      from done, range r join tracks k on k.job_id = r."jobId" and k.name = r."from"
      order by r."to", r.first
    ),
    filled as (
      insert into segments (job_id, track, number, task_id, attempt, object_key, size_bytes, length, key_bytes)
      select done.job_id, r."to", s.number, s.task_id, s.attempt, s.object_key, s.size_bytes, s.length, s.key_bytes
      from done, range r
      join segments s on s.job_id = r."jobId" and s.track = r."from"
        and s.number >= r.first and s.number < r.first + r.count
    ),
    shared as (
      insert into files (job_id, name, task_id, object_key, size_bytes)
      select done.job_id, n."to", f.task_id, f.object_key, f.size_bytes
      from done, jsonb_to_recordset(${JSON.stringify(files)}::jsonb) as n("jobId" uuid, "from" text, "to" text)
      join files f on f.job_id = n."jobId" and f.name = n."from"
    ),`;
}
