import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import type { JobRef } from '../status/read-job.ts';

const row = z.object({ log_tail: z.string().nullable() });

/**
 * The last lines FFmpeg wrote in the task's latest attempt that ended; empty when there are none. Refuses with
 * `task_not_found`.
 */
export async function readTaskLog(ctx: Context, input: JobRef & { taskId: string }): Promise<string> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select log_tail from tasks
      where id = ${input.taskId}::uuid and job_id = ${input.jobId}::uuid and project_id = ${input.projectId}`,
    row,
  );
  if (!found) throw new Refusal('task_not_found', `Job ${input.jobId} has no task ${input.taskId}.`);
  return found.log_tail ?? '';
}
