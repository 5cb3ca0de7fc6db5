import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { failJobWith, lockJobThenOpenTasks } from './fail-task.ts';

const row = z.object({ job_id: z.string() });

/** Fails a task, and with it the job, that waited long while live workers came and none could run it. */
export async function starveTask(ctx: Context, taskId: string): Promise<{ jobId: string } | null> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with ${lockJobThenOpenTasks(taskId)},
      task as (select * from open where id = ${taskId}::uuid),
      ended as (
        update tasks t set state = 'failed', failure_code = 'no_capable_worker', finished_at = now()
        from task where t.id = task.id and task.state = 'ready'
        returning t.id, t.job_id, t.state, t.needs
      ),
      ${failJobWith(
        sql`ended`,
        'no_capable_worker',
        sql`'No live worker can ' || array_to_string(culprit.needs, ', ')`,
      )}
      select job_id from ended`,
    row,
  );
  return found ? { jobId: found.job_id } : null;
}
