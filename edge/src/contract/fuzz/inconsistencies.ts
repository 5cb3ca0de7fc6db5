import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../../context.ts';
import { rowsOf } from '../../db/database.ts';

const row = z.object({ what: z.string(), id: z.string() });

/** Rows that no request may leave behind once all have been answered. Jobs that tests seeded carry no trace. */
export function inconsistencies(ctx: Context): Promise<z.infer<typeof row>[]> {
  return rowsOf(
    ctx.db,
    sql`
      select 'a job without a task' as what, j.id::text from jobs j
      where j.traceparent is not null and not exists (select 1 from tasks where job_id = j.id)
      union all
      select 'a job whose events have gaps', j.id::text from jobs j
      where j.traceparent is not null and array(select number from job_events where job_id = j.id order by number)
        <> array(select generate_series(1, j.event_number))
      union all
      select 'an open task of a job that has ended', t.id::text from tasks t join jobs j on j.id = t.job_id
      where j.status = 'canceled' and t.state in ('ready', 'running', 'blocked')
      union all
      select 'a nudge for no task', o.task_id::text from outbox o
      where not exists (select 1 from tasks where id = o.task_id)
      union all
      select 'an event of no job', e.job_id::text from job_events e
      where not exists (select 1 from jobs where id = e.job_id)
      union all
      select 'a part of an upload that has ended', p.upload_id::text from upload_parts p
      join uploads u on u.id = p.upload_id where u.status <> 'pending'
      union all
      select 'an idempotency key that nobody settled', key from idempotency_keys
      where status is null and claimed_until > now()`,
    row,
  );
}
