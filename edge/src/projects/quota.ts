import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';

/*
 * Quotas of a project; null is no limit, and then nothing is counted.
 *
 * `minutes_per_day` holds minutes of source that were analyzed since midnight UTC: a job is refused once they are used
 * up, so jobs that wait to be analyzed may go over it. `stored_bytes` holds uploads, begun ones too: uploads that begin
 * in the same instant may together go over it. `concurrent_tasks` refuses nobody: tasks wait for their turn.
 */

export type Quota = 'minutes_per_day' | 'stored_bytes';

/** Today as the quotas count it. */
export const today = sql`(now() at time zone 'utc')::date`;

/** Condition: the project has minutes left today. False or null otherwise; `refuseQuota` then says why. */
export function withinDailyMinutes(projectId: string): SQL {
  return sql`(
    select case when p.minutes_per_day is null then true else
      coalesce((select u.source_micros from project_usage u where u.project_id = p.id and u.day = ${today}), 0)
        < p.minutes_per_day * 60000000::bigint end
    from projects p where p.id = ${projectId}::text)`;
}

/** Condition: the project may store this many bytes more. False or null otherwise; `refuseQuota` then says why. */
export function withinStoredBytes(projectId: string, moreBytes: number): SQL {
  return sql`(
    select case when p.stored_bytes is null then true else
      ${storedBytes(sql`p.id`)} + ${moreBytes}::bigint <= p.stored_bytes end
    from projects p where p.id = ${projectId}::text)`;
}

/** Bytes of the project's uploads, those under way included. */
export function storedBytes(projectId: SQL): SQL {
  return sql`coalesce((
    select sum(s.size_bytes) from uploads s
    where s.project_id = ${projectId} and s.status in ('pending', 'completed')), 0)::bigint`;
}

const useRow = z.object({
  minutes_per_day: z.number().nullable(),
  stored_bytes: z.coerce.number().nullable(),
  source_micros: z.coerce.number(),
  used_bytes: z.coerce.number(),
  seconds_left: z.coerce.number(),
});

/**
 * The refusal for a quota whose condition did not hold: names the quota, its use, and what helps. To be thrown. Costs a
 * statement.
 * @param moreBytes What was asked for, with `stored_bytes`.
 */
export async function refuseQuota(
  ctx: Context,
  projectId: string,
  quota: Quota,
  moreBytes = 0,
): Promise<Refusal> {
  const [use] = await rowsOf(
    ctx.db,
    sql`
      select p.minutes_per_day, p.stored_bytes, coalesce(u.source_micros, 0) as source_micros,
             ${storedBytes(sql`p.id`)} as used_bytes,
             ceil(extract(epoch from (${today} + 1)::timestamp - (now() at time zone 'utc'))) as seconds_left
      from projects p left join project_usage u on u.project_id = p.id and u.day = ${today}
      where p.id = ${projectId}::text`,
    useRow,
  );
  if (!use) return new Refusal('project_not_found', `There is no project "${projectId}".`);
  switch (quota) {
    case 'minutes_per_day': {
      const used = Math.floor(use.source_micros / 60e6);
      return new Refusal(
        'quota_exceeded',
        `The quota minutes_per_day is used up: ${used} of ${use.minutes_per_day} minutes of source today. It begins anew at midnight UTC.`,
        { retryAfterSeconds: Math.max(1, use.seconds_left) },
      );
    }
    case 'stored_bytes':
      return new Refusal(
        'quota_exceeded',
        `The quota stored_bytes does not allow ${moreBytes} bytes more: ${use.used_bytes} of ${use.stored_bytes} are in use. Erase uploads to make room.`,
      );
    default: {
      const never: never = quota;
      throw new Error(`unknown quota ${String(never)}`);
    }
  }
}
