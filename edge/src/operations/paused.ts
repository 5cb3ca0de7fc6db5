import { type SQL, sql } from 'drizzle-orm';

/**
 * The codec of a task row `t`, as `codecOf` in shared finds it in its specification; null where it has none. Read from
 * the stored specification, and only while a pause of a codec is in force.
 */
export const codecOfTask = sql`
  coalesce(t.spec #>> '{renditions,0,codec}', t.spec #>> '{rendition,codec}', t.spec ->> 'codec')`;

/** Condition over a row `p` of `dispatch_pauses`. */
export const inForce = sql`(p.expires_at is null or p.expires_at > now())`;

/**
 * Condition over a task row `t`: a pause holds it back, as `isPaused` in shared says. For a `where` that it stands in by
 * itself, of which Postgres makes a join.
 */
export const hasPause = sql`exists (
  select 1 from dispatch_pauses p
  where ${inForce} and (p.project_id is null or p.project_id = t.project_id)
    and (p.codec is null or p.codec = ${codecOfTask}))`;

/** The same for everywhere else, where Postgres looks for pauses for each task: not while there are none at all. */
export const isPaused = sql`(exists (select 1 from dispatch_pauses p where ${inForce}) and ${hasPause})`;

/** Condition: a pause holds back everything of the project. */
export function isProjectPaused(projectId: SQL): SQL {
  return sql`exists (
    select 1 from dispatch_pauses p
    where ${inForce} and p.codec is null and (p.project_id is null or p.project_id = ${projectId}))`;
}

/**
 * Query: `job_id`, `project_id` and `held_codecs` of the jobs in a query of `job_id` and `project_id`, but for those of
 * paused projects. Looked up for each job, never for each task: a claim looks at many.
 */
export function jobsNotPaused(jobs: SQL): SQL {
  return sql`
    select job_id, project_id, array(
      select p.codec from dispatch_pauses p
      where ${inForce} and p.codec is not null and (p.project_id is null or p.project_id = some_jobs.project_id)
    ) as held_codecs
    from (${jobs}) some_jobs where not ${isProjectPaused(sql`some_jobs.project_id`)}`;
}

/** Condition over a task row `t`: none of these codecs is its own. */
export function isOfNone(heldCodecs: SQL): SQL {
  return sql`(${heldCodecs} = '{}' or ${codecOfTask} is null or ${codecOfTask} <> all (${heldCodecs}))`;
}
