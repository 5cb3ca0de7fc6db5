import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type ClaimedTask, claimedColumns, claimedTask } from './claimed-task.ts';
import type { Fence } from './transition.ts';

/** The task of an attempt that holds its lease; null for any other. */
export async function loadAttempt(ctx: Context, fence: Fence): Promise<ClaimedTask | null> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select ${claimedColumns}
      from tasks c join jobs j on j.id = c.job_id
      where c.id = ${fence.taskId}::uuid and c.state = 'running'
        and c.attempt = ${fence.attempt}::int and c.lease_token = ${fence.leaseToken}::uuid`,
    claimedTask,
  );
  return found ?? null;
}
