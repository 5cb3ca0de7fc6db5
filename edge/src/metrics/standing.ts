import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { isLastTry } from '../operations/list-dead-letters.ts';
import { inForce, isPaused } from '../operations/paused.ts';
import { type EdgeMetric, familyOf } from './edge-metrics.ts';
import type { Family } from './prometheus-text.ts';

/** A task's runner is stopped after four minutes without progress: by then it has had more than one. */
const STUCK_MINUTES = 15;
const DEAD_LETTER_DAYS = 7;
const DEAD_LETTERS_COUNTED = 1_000;

const counted = z.record(z.string(), z.int());
export const standing = z.object({
  jobs: counted,
  tasks: counted,
  runnable: z.int(),
  queue_age: z.number(),
  queue_wait: z.number(),
  paused: z.int(),
  pauses: z.int(),
  stuck: z.int(),
  failed_jobs: z.int(),
  failed_deliveries: z.int(),
  webhook_lag: z.number(),
  outbox_lag: z.number(),
});
export type Standing = z.infer<typeof standing>;

/**
 * Query of one row: how all jobs stand now. Tasks are counted for jobs that have not ended: the others wait for nothing.
 * Every part looks at what is under way, by an index, or at a row for each webhook or project. `offset 0` keeps Postgres
 * from looking at all tasks of a job before it knows that none is ready, as some samples of its statistics make it.
 */
export const standingRow = sql`
  with ready as materialized (
    select t.job_id, greatest(t.ready_at, t.run_after, t.created_at) as since, ${isPaused} as is_paused
    from tasks t where t.state = 'ready' and t.kind <> 'publish' and t.run_after <= now()
  ),
  waiting as (select job_id, since from ready where not is_paused),
  overdue as (
    select d.due_at from webhooks w cross join lateral (
      select due_at from webhook_deliveries
      where webhook_id = w.id and state = 'pending' order by due_at limit 1
    ) d where w.status = 'enabled' and d.due_at < now()
  )
  select
    (select coalesce(jsonb_object_agg(status, n), '{}')
      from (select status, sum(n)::int as n from (
              select status, jobs as n from job_counts
              union all select status, jobs from erased_jobs
            ) kept_and_erased group by status) by_status) as jobs,
    (select coalesce(jsonb_object_agg(state, n), '{}')
      from (select t.state, count(*) as n from tasks t join jobs j on j.id = t.job_id
            where j.status in ('queued', 'processing') group by t.state) by_state) as tasks,
    (select count(*)::int from waiting) as runnable,
    (select coalesce(extract(epoch from now() - min(since)), 0)::float8 from waiting) as queue_age,
    (select coalesce(extract(epoch from now() - min(since)), 0)::float8 from waiting w
      where not exists (select 1 from tasks t where t.job_id = w.job_id and t.state = 'running')) as queue_wait,
    (select count(*)::int from ready where is_paused) as paused,
    (select count(*)::int from dispatch_pauses p where ${inForce}) as pauses,
    (select count(*)::int from (
        select j.id from jobs j where j.status in ('queued', 'processing')
          and not exists (select 1 from tasks t where t.job_id = j.id and t.state = 'ready' and t.kind <> 'publish')
        offset 0) j
      where not exists (select 1 from tasks t where t.job_id = j.id
          and greatest(t.created_at, t.started_at, t.moved_at, t.ready_at, t.finished_at)
            > now() - ${STUCK_MINUTES}::int * interval '1 minute')) as stuck,
    (select count(*)::int from (select 1 from jobs where status = 'failed'
      and finished_at > now() - ${DEAD_LETTER_DAYS}::int * interval '1 day' limit ${DEAD_LETTERS_COUNTED}) f) as failed_jobs,
    (select count(*)::int from (select * from webhook_deliveries where state = 'failed'
      and ended_at > now() - ${DEAD_LETTER_DAYS}::int * interval '1 day' limit ${DEAD_LETTERS_COUNTED}) d
      where ${isLastTry}) as failed_deliveries,
    (select coalesce(extract(epoch from now() - min(due_at)), 0)::float8 from overdue) as webhook_lag,
    (select coalesce(greatest(extract(epoch from now() - min(due_at)), 0), 0)::float8 from outbox) as outbox_lag`;

export function standingFamilies(now: Standing): Family[] {
  const { jobs, tasks } = now;
  const single = (name: EdgeMetric, value: number) => familyOf(name, [{ labels: {}, value }]);
  return [
    single(
      'jobs_created_total',
      Object.values(jobs).reduce((sum, n) => sum + n, 0),
    ),
    familyOf(
      'jobs_processed_total',
      ['completed', 'failed', 'canceled'].map((status) => ({ labels: { status }, value: jobs[status] ?? 0 })),
    ),
    single('active_jobs', jobs.processing ?? 0),
    single('queued_jobs', jobs.queued ?? 0),
    single('jobs_without_progress', now.stuck),
    single('queue_depth', now.runnable),
    single('queue_age_seconds', now.queue_age),
    single('queue_wait_seconds', now.queue_wait),
    single('paused_tasks', now.paused),
    single('dispatch_pauses', now.pauses),
    familyOf(
      'tasks',
      ['blocked', 'ready', 'running', 'done'].map((state) => ({
        labels: { state },
        value: tasks[state] ?? 0,
      })),
    ),
    familyOf('dead_letters', [
      { labels: { kind: 'task' }, value: now.failed_jobs },
      { labels: { kind: 'delivery' }, value: now.failed_deliveries },
    ]),
    single('webhook_lag_seconds', now.webhook_lag),
    single('outbox_lag_seconds', now.outbox_lag),
  ];
}
