import { type SQL, sql } from 'drizzle-orm';

/**
 * Condition: a job reads the object of this key, as its source or as a subtitle file, and counts on it.
 *
 * Subtitles are counted: where one row is enough, Postgres hopes to meet it soon and reads the table from its beginning.
 *
 * @param by Condition over the job row `j`.
 */
export function isRead(key: SQL, by: SQL = sql`true`): SQL {
  return sql`(
    exists (select 1 from jobs j where j.source_key = ${key} and j.source_erased_at is null and ${by})
    or (
      select count(*) from jobs j
      where j.sidecars @> ${sidecarOf(key)} and not j.sidecars @> ${erasedSidecarOf(key)} and ${by}) > 0)`;
}

/** What `sidecars` contains of a job that came with the file of this key. */
export function sidecarOf(key: SQL): SQL {
  return sql`jsonb_build_array(jsonb_build_object('file', jsonb_build_object('key', ${key})))`;
}

/** The same, once its time was over and it has gone. */
function erasedSidecarOf(key: SQL): SQL {
  return sql`jsonb_build_array(jsonb_build_object('file', jsonb_build_object('key', ${key}), 'erased', true))`;
}
