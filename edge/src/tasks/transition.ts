import { LEASE_TTL_MS, MAX_NUDGES } from '@millrace/shared/task/lease-rules.ts';
import { type SQL, sql } from 'drizzle-orm';

/*
 * Parts that the statements of this folder share. Each statement is one round trip and follows `decide` in
 * shared/src/job/decide.ts.
 *
 * A statement's snapshot is older than its lock waits, so nothing is decided from rows that were only read: the job is
 * locked first, then the task, and what the rules look at comes from the locked rows. Siblings are never counted;
 * counters are decremented.
 */

/** The attempt that speaks. */
export interface Fence {
  taskId: string;
  attempt: number;
  leaseToken: string;
  /** Bytes of the source that it has fetched so far. */
  sourceBytesRead?: number;
  /** CPU time of its programs so far, in microseconds. */
  cpuMicros?: number;
}

/** CTE `job`: the newest version of the job of a task, locked. */
export function lockJob(taskId: string): SQL {
  return sql`
    job as (
      select j.id, j.status from jobs j
      where j.id = (select job_id from tasks where id = ${taskId}::uuid)
      for no key update of j
    )`;
}

/** CTEs `job` and `task`: the newest version of both, locked in this order. */
export function lockJobThenTask(taskId: string): SQL {
  return sql`${lockJob(taskId)},
    task as (
      select t.* from tasks t join job on t.job_id = job.id
      where t.id = ${taskId}::uuid
      for update of t
    )`;
}

/** True for the row `task` when this attempt still holds its lease. */
export function holds(fence: Fence): SQL {
  return sql`(task.state = 'running' and ${speaks(fence)})`;
}

/** The verdict for the row `task`, when a report that would end the attempt as `outcome` comes in. */
export function verdict(fence: Fence, outcome: 'completed' | 'failed' | 'released' | null): SQL {
  return sql`
    case
      when ${holds(fence)} then 'accepted'
      when ${speaks(fence)} and task.outcome = ${outcome}::text then 'accepted'
      when ${speaks(fence)} and task.outcome = 'canceled' then 'canceled'
      else 'lease_lost'
    end`;
}

function speaks(fence: Fence): SQL {
  return sql`(task.attempt = ${fence.attempt}::int and task.lease_token = ${fence.leaseToken}::uuid)`;
}

/** The list of attempts of `row` with one more entry for the attempt that ends now. */
export function withEndedAttempt(row: SQL, outcome: string, code: string | null = null): SQL {
  return sql`${row}.attempts || jsonb_build_object(
    'attempt', ${row}.attempt, 'worker_id', ${row}.worker_id, 'claimed_at', ${row}.claimed_at,
    'started_at', ${row}.started_at, 'ended_at', now(), 'outcome', ${outcome}::text, 'code', ${code}::text)`;
}

/**
 * Sets in a task row `t` what its attempt has read: a running total, so that a repeated report counts once and those of
 * several attempts add up.
 */
export function setBytesRead(read: SQL): SQL {
  return sql`
    source_bytes_read = t.source_bytes_read + greatest(0, ${read}::bigint - t.attempt_bytes_read),
    attempt_bytes_read = greatest(t.attempt_bytes_read, ${read}::bigint)`;
}

/** Sets in a task row `t` what the attempt that ends has spent. */
export function setSpent({ sourceBytesRead = 0, cpuMicros = 0 }: Fence): SQL {
  return sql`${setBytesRead(sql`${sourceBytesRead}`)}, cpu_micros = t.cpu_micros + ${cpuMicros}::bigint`;
}

/** What canceling sets in a task row `t` that has not ended. */
export const setCanceled = sql`
  state = 'canceled', finished_at = now(), lease_expires_at = null,
  outcome = case when t.state = 'running' then 'canceled' else t.outcome end,
  attempts = case when t.state = 'running' then ${withEndedAttempt(sql`t`, 'canceled')} else t.attempts end`;

/** Writes nudges for the best rows of a CTE of tasks that just became ready. `publish` needs none. */
export function nudgeReady(from: SQL): SQL {
  return sql`
    insert into outbox (task_id, traceparent, due_at)
    select ready.id, j.traceparent, ready.run_after
    from ${from} ready join jobs j on j.id = ready.job_id
    where ready.state = 'ready' and ready.kind <> 'publish'
    order by ready.rank
    limit ${MAX_NUDGES}`;
}

export function milliseconds(count: number): SQL {
  return sql`${count}::int * interval '1 millisecond'`;
}

export const leaseEnd = sql`now() + ${LEASE_TTL_MS}::int * interval '1 millisecond'`;

export type ReportVerdict = 'accepted' | 'lease_lost' | 'canceled' | 'retry';
