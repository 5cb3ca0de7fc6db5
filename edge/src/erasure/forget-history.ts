import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

/** Of each kind, in one pass. */
const AT_ONCE = 1_000;

const row = z.object({ events: z.number(), deliveries: z.number() });

/**
 * Deletes events of ended jobs, and deliveries that have ended, once they are so many days old. True when there may be
 * more.
 */
export async function forgetHistory(ctx: Context, projectId: string, days: number): Promise<boolean> {
  const past = sql`now() - ${days}::int * interval '1 day'`;
  const [forgotten] = await rowsOf(
    ctx.db,
    sql`
      with events as (
        delete from job_events where (job_id, number) in (
          select e.job_id, e.number from job_events e join jobs j on j.id = e.job_id
          where e.project_id = ${projectId} and e.at < ${past} and j.finished_at is not null and not j.legal_hold
          order by e.at limit ${AT_ONCE})
        returning 1
      ),
      deliveries as (
        delete from webhook_deliveries where id in (
          select d.id from webhook_deliveries d
          left join jobs j on j.id = d.job_id
          left join uploads u on u.id = d.upload_id
          where d.project_id = ${projectId} and d.ended_at < ${past}
            and j.legal_hold is not true and u.legal_hold is not true
          order by d.ended_at limit ${AT_ONCE})
        returning 1
      )
      select (select count(*) from events)::int as events, (select count(*) from deliveries)::int as deliveries`,
    row,
  );
  return forgotten?.events === AT_ONCE || forgotten?.deliveries === AT_ONCE;
}
