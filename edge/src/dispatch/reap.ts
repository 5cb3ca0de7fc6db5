import { NO_CAPABLE_WORKER_MS, RENUDGE_MS, WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { publishJob } from '../jobs/publish-job.ts';
import { hasPause } from '../operations/paused.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import { expireTask } from '../tasks/expire-task.ts';
import { starveTask } from '../tasks/starve-task.ts';
import { milliseconds } from '../tasks/transition.ts';

/** At most this many of each are handled by one pass; the next pass goes on. */
const BATCH = 50;
/** A ready task that nobody can run says why after this long. */
const EXPLAIN_WAIT_MS = 10_000;
/** A worker that was not heard from for a day is no longer kept. */
const FORGET_WORKER_MS = 86_400_000;

const found = z.object({
  expired: z.array(z.string()),
  publishable: z.array(z.string()),
  starved: z.array(z.string()),
});

/**
 * One bounded pass over everything that time makes wrong: leases that ran out, publish tasks that nobody runs, nudges
 * that were lost, tasks that no worker can run. Driven by every bridge heartbeat, and by cron.
 */
export async function reap(ctx: Context): Promise<void> {
  const work = await look(ctx);
  const expired = await Promise.all(work.expired.map((taskId) => expireTask(ctx, taskId)));
  const starved = await Promise.all(work.starved.map((taskId) => starveTask(ctx, taskId)));
  await Promise.all(work.publishable.map((taskId) => publishJob(ctx, taskId)));
  const jobIds = [...expired, ...starved].flatMap((change) => (change ? [change.jobId] : []));
  if (jobIds.length > 0) await refreshStatus(ctx, jobIds);
}

/**
 * One statement finds the work, nudges again what waits, and explains what cannot run. What a pause holds back is none
 * of it: it is nudged once the pause has ended, for by then its last nudge is long ago.
 */
async function look(ctx: Context): Promise<z.infer<typeof found>> {
  const [work] = await rowsOf(
    ctx.db,
    sql`
      with live as (
        select capabilities from workers where last_seen_at > now() - ${milliseconds(WORKER_GONE_MS)}
      ),
      forgotten as (
        delete from workers where id in (
          select id from workers where last_seen_at < now() - ${milliseconds(FORGET_WORKER_MS)}
          order by last_seen_at limit ${BATCH} for update skip locked)
      ),
      unpaused as (delete from dispatch_pauses where expires_at <= now()),
      lost as (
        select t.id, t.waiting_since, t.ready_at < now() - ${milliseconds(EXPLAIN_WAIT_MS)} and exists (select 1 from live)
                 and not exists (select 1 from live where t.needs <@ live.capabilities) as is_unable
        from tasks t
        where t.state = 'ready' and t.kind <> 'publish' and t.run_after <= now()
          and t.nudged_at < now() - ${milliseconds(RENUDGE_MS)} and not ${hasPause}
        order by t.nudged_at limit ${BATCH} for update skip locked
      ),
      nudged as (
        update tasks t
        set nudged_at = now(),
            waiting_reason = case when lost.is_unable then 'no_capable_worker' end,
            waiting_since = case when lost.is_unable then coalesce(t.waiting_since, now()) end
        from lost where t.id = lost.id
        returning t.id, t.job_id
      ),
      again as (
        insert into outbox (task_id, traceparent)
        select nudged.id, j.traceparent from nudged join jobs j on j.id = nudged.job_id
      )
      select
        array(select id from tasks where state = 'running' and lease_expires_at <= now()
              order by lease_expires_at limit ${BATCH}) as expired,
        array(select id from tasks where state = 'ready' and kind = 'publish' and run_after <= now()
              limit ${BATCH}) as publishable,
        array(select id from lost where is_unable and waiting_since < now() - ${milliseconds(NO_CAPABLE_WORKER_MS)}) as starved`,
    found,
  );
  return work ?? { expired: [], publishable: [], starved: [] };
}
