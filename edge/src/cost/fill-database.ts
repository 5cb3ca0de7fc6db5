import pg from 'pg';
import { z } from 'zod';

export const JOBS = 1_000_000;
/** Of so many jobs, the newest, there are tasks and events too. */
const JOBS_WITH_TASKS = 125_000;
const UPLOADS = 100_000;
/** What is under way: the newest jobs. */
export const QUEUED = 200;
export const PROCESSING = 200;

const TABLES = ['jobs', 'tasks', 'job_events', 'uploads'];
const index = z.object({ indexname: z.string(), indexdef: z.string() });

/**
 * Four months of an installation: a million jobs of twenty projects, one every ten seconds, half of them of `default`;
 * all but the newest have ended. Job number n has the id that `jobIdOf` names.
 */
export async function fillDatabase(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // In the transaction that empties a table what is written to it needs no log.
    await client.query(`
      begin;
      set local session_replication_role = replica;
      set local maintenance_work_mem = '256MB';
      truncate ${TABLES.join(', ')} cascade`);
    const { rows } = await client.query(
      `select indexname, indexdef from pg_indexes i
       where schemaname = 'public' and tablename = any ($1)
         and not exists (select 1 from pg_constraint c where c.conname = i.indexname)`,
      [TABLES],
    );
    const indexes = rows.map((row) => index.parse(row));
    for (const { indexname } of indexes) await client.query(`drop index ${indexname}`);
    for (const statement of [projects, jobs, counts, tasks, events, uploads]) await client.query(statement);
    // Made in one go, they take a fraction of the time.
    for (const { indexdef } of indexes) await client.query(indexdef);
    await client.query('commit');
    // What autovacuum has done by the time there are so many: pages are known to be visible to all.
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}

export function jobIdOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

const idOf = (version: string, number: string) =>
  `('00000000-0000-${version}000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
const project = `case when n % 2 = 0 then 'default' else 'p' || n % 40 end`;
const created = `now() - n * interval '10 seconds'`;

const projects = `
  insert into projects (id, keep_sources_days, keep_outputs_days, keep_events_days, keep_logs_days)
  select 'p' || n, 20, 20, 10, 10 from generate_series(1, 39, 2) n`;

const jobs = `
  insert into jobs (id, project_id, status, priority, profile_input, profile, metadata, tags, source_key, source_etag,
                    source_size_bytes, sidecars, tasks_left, event_number, hls_key, poster_key, created_at, started_at, finished_at)
  select ${idOf('4', 'n')}, ${project},
         case when n <= ${QUEUED} then 'queued' when n <= ${QUEUED + PROCESSING} then 'processing'
              when n % 50 in (2, 3) then 'failed' when n % 100 in (4, 5) then 'canceled' else 'completed' end,
         n % 3, '"default"', '{"renditions":[]}',
         jsonb_build_object('customer', n % 10000, 'title', 'film ' || n) || case when n % 1000 < 2 then '{"rush":true}' else '{}' end::jsonb,
         array['t' || n % 1000, case when n % 3 = 0 then 'third' else 'other' end],
         'uploads/' || n % ${UPLOADS}, '"e"', 1000,
         case when n % 100 = 0 then jsonb_build_array(jsonb_build_object('file', jsonb_build_object('key', 'uploads/' || n % 1000))) else '[]' end,
         case when n <= ${QUEUED + PROCESSING} then 2 else 0 end, 3,
         case when n > ${QUEUED + PROCESSING} then 'hls/' || n end, case when n > ${QUEUED + PROCESSING} then 'poster/' || n end,
         ${created}, ${created} + interval '5 seconds',
         case when n > ${QUEUED + PROCESSING} then ${created} + interval '1 minute' end
  from generate_series(1, ${JOBS}) n`;

/** Its triggers are off meanwhile. */
const counts = 'insert into job_counts select project_id, status, count(*) from jobs group by 1, 2';

const tasks = `
  insert into tasks (id, job_id, project_id, kind, state, spec, rank, needs, unlocks, deps_left, work_total, attempt,
                     ready_at, nudged_at, lease_expires_at, finished_at, created_at, log_tail, fingerprints,
                     result)
  select ${idOf('5', 'n * 2 + k')}, ${idOf('4', 'n')}, ${project}, case k when 0 then 'analyze' else 'encode-video' end,
         state, '{"kind":"analyze","source":{"key":"k","sizeBytes":1000,"etag":"e"}}', k, '{}', '{}', case state when 'blocked' then 1 else 0 end, 100, 1, ${created}, now(),
         case state when 'running' then now() + interval '1 minute' end, case state when 'done' then ${created} end,
         ${created}, case when state = 'done' and n % 5 = 0 then 'log' end,
         case k when 0 then '{}' else array['made ' || n % 1000, 'made once ' || n] end,
         case k when 0 then null else '{"kind":"encode-video","frames":50,"segments":1,"encoder":"e"}' end::jsonb
  from generate_series(1, ${JOBS_WITH_TASKS}) n, generate_series(0, 1) k, lateral (
    select case when n <= ${QUEUED} then (array['ready', 'blocked'])[k + 1]
                when n <= ${QUEUED + PROCESSING} then (array['done', 'running'])[k + 1] else 'done' end as state) s`;

const events = `
  insert into job_events (job_id, project_id, number, version, type, data, at)
  select ${idOf('4', 'n')}, ${project}, k, k, 'job.created', '{}', ${created}
  from generate_series(1, ${JOBS_WITH_TASKS}) n, generate_series(1, 2) k`;

const uploads = `
  insert into uploads (id, project_id, object_key, filename, content_type, size_bytes, status, created_at, expires_at,
                       completed_at)
  select ${idOf('6', 'n')}, ${project}, 'uploads/' || n, 'film.mp4', 'video/mp4', 1000,
         case when n % 5000 = 0 then 'pending' when n % 100 = 1 then 'aborted' else 'completed' end,
         ${created}, ${created} + interval '1 day', ${created}
  from generate_series(0, ${UPLOADS - 1}) n`;
