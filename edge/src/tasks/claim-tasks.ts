import { ALONE_PATIENCE_MS, START_WITHIN_MS, WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { attempted } from '../log.ts';
import { isOfNone, isProjectPaused, jobsNotPaused } from '../operations/paused.ts';
import { quotaRoom } from '../projects/quota-room.ts';
import { type ClaimedTask, claimedColumns, claimedTask } from './claimed-task.ts';
import { failTask } from './fail-task.ts';
import { noteWorkers } from './note-workers.ts';
import { milliseconds } from './transition.ts';

export interface Claimer {
  id: string;
  machineId: string;
  slots: number;
  freeSlots: number;
  capabilities: string[];
  version: string;
}

/**
 * Gives a worker the best runnable tasks, at most `max`: compare-and-set `ready → running` with a new attempt, a new
 * token and a short lease that `startTask` makes long. The order is that of `chooseTasks` in
 * shared/src/task/claim-order.ts. Also notes the worker's sign of life. A pause counts from the moment this statement
 * begins: one that is laid while it runs holds for the next.
 */
export async function claimTasks(ctx: Context, claimer: Claimer, max: number): Promise<ClaimedTask[]> {
  const count = Math.min(max, claimer.freeSlots);
  const idle = claimer.freeSlots === claimer.slots;
  const capabilities = JSON.stringify(claimer.capabilities);
  const rows = await rowsOf(
    ctx.db,
    sql`
      with seen as (${noteWorkers([claimer])}),
      window_size as (
        select greatest(4, 2 * (
          select coalesce(sum(slots), 0) from workers where last_seen_at > now() - ${milliseconds(WORKER_GONE_MS)}
        ) / greatest(1, (
          select count(*) from jobs j where j.status in ('queued', 'processing')
            and (j.not_before is null or j.not_before <= now()) and not ${isProjectPaused(sql`j.project_id`)}
        )))::int as size
      ),
      running as (
        select job_id, project_id, count(*)::int as n from tasks
        where state = 'running' and kind <> 'publish' group by job_id, project_id
      ),
      waiting as (${jobsNotPaused(sql`
        select distinct job_id, project_id from tasks where state = 'ready' and kind <> 'publish'`)}),
      quota as (${quotaRoom(sql`waiting`)}),
      placed as (
        select t.id, t.job_id, t.project_id, t.rank, t.alone, j.priority, j.created_at,
               row_number() over (partition by t.job_id order by t.rank, t.id) - 1 + coalesce(running.n, 0) as place_in_job
        from waiting
        join jobs j on j.id = waiting.job_id and j.status in ('queued', 'processing')
        cross join window_size
        cross join lateral (
          select * from tasks t
          where t.job_id = waiting.job_id and t.state = 'ready' and t.kind <> 'publish' and t.run_after <= now()
            and t.needs <@ array(select jsonb_array_elements_text(${capabilities}::jsonb))
            and (not t.alone or ${idle}::boolean or t.run_after < now() - ${milliseconds(ALONE_PATIENCE_MS)})
            and ${isOfNone(sql`waiting.held_codecs`)}
          order by t.rank, t.id limit window_size.size
        ) t
        left join running on running.job_id = t.job_id
      ),
      offered as (
        select nth.*, nth_of_project
                 + coalesce((select sum(n) from running r where r.project_id = nth.project_id), 0) as place_in_project
        from (
          select placed.*,
                 row_number() over (
                   partition by placed.project_id
                   order by placed.priority desc, place_in_job, placed.created_at, placed.job_id, placed.rank, placed.id
                 ) - 1 as nth_of_project
          from placed, window_size where place_in_job < window_size.size
        ) nth
      ),
      allowed as (
        select offered.* from offered left join quota on quota.project_id = offered.project_id
        where quota.room is null or nth_of_project < quota.room
      ),
      picked as (
        select t.id from tasks t join allowed o on o.id = t.id
        where t.state = 'ready' and o.alone = (select bool_or(alone) from allowed)
        order by o.place_in_project, o.created_at, o.job_id, o.rank, o.id
        limit case when (select bool_or(alone) from allowed) then least(1, ${count}::int) else ${count}::int end
        for update of t skip locked
      ),
      claimed as (
        update tasks t
        set state = 'running', attempt = t.attempt + 1, lease_token = gen_random_uuid(), started = false,
            lease_expires_at = now() + ${milliseconds(START_WITHIN_MS)}, heard_at = now(), claimed_at = now(),
            started_at = null, attempt_bytes_read = 0, worker_id = ${claimer.id}, machine_id = ${claimer.machineId}, outcome = null,
            waiting_reason = null, waiting_since = null
        from picked where t.id = picked.id
        returning t.*
      )
      select ${claimedColumns}
      from claimed c join jobs j on j.id = c.job_id
      order by c.rank`,
    claimedFence,
  );
  return rows.flatMap((row) => {
    const task = claimedTask.safeParse(row);
    if (task.success) return [task.data];
    ctx.waitUntil(attempted(ctx, 'give up an unreadable task', giveUp(ctx, row)));
    return [];
  });
}

/** As much of a claimed task as anybody can read. */
const claimedFence = z.looseObject({ id: z.string(), attempt: z.number(), lease_token: z.string() });

/** A task of a job that an earlier version planned must not keep the others of its claim from being worked on. */
async function giveUp(ctx: Context, row: z.infer<typeof claimedFence>): Promise<void> {
  const fence = { taskId: row.id, attempt: row.attempt, leaseToken: row.lease_token };
  const message = 'the task was planned by another version';
  await failTask(ctx, { ...fence, code: 'outdated_plan', message, logTail: '' });
}
