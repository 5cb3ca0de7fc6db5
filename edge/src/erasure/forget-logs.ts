import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';

/** Tasks handled by one pass. */
const AT_ONCE = 500;

/**
 * Drops what FFmpeg said in tasks of ended jobs, so many days after the task. Who tried when, and how that ended, stays.
 * True when there may be more.
 */
export async function forgetLogs(ctx: Context, projectId: string, days: number): Promise<boolean> {
  const { rows } = await ctx.db.execute(sql`
    update tasks set log_tail = null where id in (
      select t.id from tasks t join jobs j on j.id = t.job_id
      where t.project_id = ${projectId} and t.finished_at < now() - ${days}::int * interval '1 day'
        and t.log_tail is not null and j.finished_at is not null and not j.legal_hold
      order by t.finished_at limit ${AT_ONCE})
    returning 1`);
  return rows.length === AT_ONCE;
}
