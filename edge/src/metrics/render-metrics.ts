import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import type { Counters } from './counters.ts';
import { operationFamilies } from './graphql-metrics.ts';
import { type Family, family, prometheusText } from './prometheus-text.ts';
import { readDurations } from './rendition-durations.ts';
import { requestFamilies } from './request-families.ts';

const counts = z.object({
  jobs: z.record(z.string(), z.int()),
  tasks: z.record(z.string(), z.int()),
  runnable: z.int(),
});

/** The service's metrics: what Postgres knows now, and what all isolates counted together. */
export async function renderMetrics(ctx: Context, counters: Counters): Promise<string> {
  const [stored, fields] = await Promise.all([readStored(ctx, counters), counters.read()]);
  return prometheusText([...stored, ...requestFamilies(fields), ...operationFamilies(fields)]);
}

/** While all is quiet nothing of it changes, and the database is left to sleep. */
async function readStored(ctx: Context, counters: Counters): Promise<Family[]> {
  const kept = (await ctx.quiet.isQuiet()) ? z.array(family).safeParse(await counters.readStored()) : null;
  if (kept?.success) return kept.data;
  const [counted, durations] = await Promise.all([countJobsAndTasks(ctx), readDurations(ctx)]);
  const families = [...storedFamilies(counted), durations];
  ctx.waitUntil(counters.keepStored(families));
  return families;
}

/** Tasks are counted for jobs that have not ended: the others wait for nothing. */
async function countJobsAndTasks(ctx: Context): Promise<z.infer<typeof counts>> {
  const [row] = await rowsOf(
    ctx.db,
    sql`
      select
        (select coalesce(jsonb_object_agg(status, n), '{}')
          from (select status, sum(n)::int as n from (
                  select status, jobs as n from job_counts
                  union all select status, jobs from erased_jobs
                ) kept_and_erased group by status) by_status) as jobs,
        (select coalesce(jsonb_object_agg(state, n), '{}')
          from (select t.state, count(*) as n from tasks t join jobs j on j.id = t.job_id
                where j.status in ('queued', 'processing') group by t.state) by_state) as tasks,
        (select count(*)::int from tasks
          where state = 'ready' and kind <> 'publish' and run_after <= now()) as runnable`,
    counts,
  );
  return row ?? { jobs: {}, tasks: {}, runnable: 0 };
}

function storedFamilies({ jobs, tasks, runnable }: z.infer<typeof counts>): Family[] {
  const total = Object.values(jobs).reduce((sum, n) => sum + n, 0);
  const gauge = (name: string, help: string, value: number): Family => ({
    name,
    type: 'gauge',
    help,
    samples: [{ labels: {}, value }],
  });
  return [
    {
      name: 'jobs_created_total',
      type: 'counter',
      help: 'Jobs accepted.',
      samples: [{ labels: {}, value: total }],
    },
    {
      name: 'jobs_processed_total',
      type: 'counter',
      help: 'Jobs that ended, by how.',
      samples: ['completed', 'failed', 'canceled'].map((status) => ({
        labels: { status },
        value: jobs[status] ?? 0,
      })),
    },
    gauge('active_jobs', 'Jobs being processed.', jobs.processing ?? 0),
    gauge('queued_jobs', 'Jobs of which nothing has started yet.', jobs.queued ?? 0),
    gauge('queue_depth', 'Runnable tasks that no worker has yet.', runnable),
    {
      name: 'tasks',
      type: 'gauge',
      help: 'Tasks of jobs that have not ended, by state.',
      samples: ['blocked', 'ready', 'running', 'done'].map((state) => ({
        labels: { state },
        value: tasks[state] ?? 0,
      })),
    },
  ];
}
