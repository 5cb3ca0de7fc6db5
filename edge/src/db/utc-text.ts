import { type SQL, sql } from 'drizzle-orm';

/** A `timestamptz` as ISO 8601 in UTC, to the millisecond; for rows that come as JSON. */
export function utcText(time: SQL): SQL {
  return sql`to_char(${time} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
