import { JOB_EVENTS } from '@millrace/shared/job/job-state.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

const row = z.object({
  jobId: z.uuid(),
  /** From 1 for each job, without gaps. */
  number: z.int(),
  type: z.enum(JOB_EVENTS),
  data: z.record(z.string(), z.unknown()),
  actor: z.string(),
  at: z.string().transform((text) => new Date(text).toISOString()),
});
export type JobEventRecord = z.infer<typeof row>;

/** The first events after a number of each of these jobs, at most `limit` of each, in one statement and in order. */
export function loadEvents(
  ctx: Context,
  input: { projectId: string; jobIds: readonly string[]; after: number; limit: number },
): Promise<JobEventRecord[]> {
  return rowsOf(
    ctx.db,
    sql`
      select e.job_id as "jobId", e.number, e.type, e.data, e.actor, e.at
      from unnest(${sql.param([...input.jobIds])}::uuid[]) as wanted(id)
      cross join lateral (
        select * from job_events
        where job_id = wanted.id and project_id = ${input.projectId} and number > ${input.after}::int
        order by number limit ${input.limit}
      ) e
      order by e.job_id, e.number`,
    row,
  );
}
