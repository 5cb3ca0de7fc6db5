import { taskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

/** Jobs whose outputs are looked at: one that has everything is the rule. */
const MAX_JOBS = 4;
/** Tasks that are compared to find them. */
const MAX_MATCHES = 1_000;

const earlierTask = z.object({
  jobId: z.string(),
  taskId: z.string(),
  fingerprints: z.array(z.string()),
  /** Those that it wrote, in the order of the fingerprints. */
  tracks: z.array(z.string()),
  /** What its files are called, or how their names begin. */
  name: z.string().nullable(),
  /** Number of its first segment. */
  first: z.number(),
  result: taskResult,
});
/** A done task of an earlier job. */
export type EarlierTask = z.infer<typeof earlierTask>;

const earlierJob = z.object({
  jobId: z.string(),
  /** See `jobPlan`. */
  cutFor: z.number().nullable(),
  /** Hashes of the initialisation segments, by track. */
  inits: z.record(z.string(), z.string()),
  tasks: z.array(earlierTask),
});
export type EarlierJob = z.infer<typeof earlierJob>;

/**
 * Jobs of the project that made any of these outputs, with everything they have made: first those that have most of the
 * pictures, then the completed ones.
 */
export async function findEarlier(
  ctx: Context,
  projectId: string,
  fingerprints: readonly string[],
): Promise<EarlierJob[]> {
  const wanted = sql`${sql.param(fingerprints)}::text[]`;
  return rowsOf(
    ctx.db,
    sql`
      with match as (
        select t.job_id, t.kind, t.fingerprints from tasks t
        where t.fingerprints && ${wanted} and t.fingerprints <> '{}' and t.state = 'done'
          and t.project_id = ${projectId}::text
        limit ${MAX_MATCHES}
      ),
      job as (
        select m.job_id, sum(n) filter (where m.kind = 'encode-video') as pictures, sum(n) as n
        from match m cross join lateral (select count(*) as n from unnest(m.fingerprints) f where f = any (${wanted})) s
        group by m.job_id
      ),
      chosen as (
        select j.id, j.plan, j.created_at, job.pictures, job.n, j.status = 'completed' as complete
        from job join jobs j on j.id = job.job_id
        order by job.pictures desc nulls last, complete desc, job.n desc, j.created_at desc limit ${MAX_JOBS}
      )
      select c.id as "jobId", (c.plan ->> 'cutFor')::int as "cutFor",
             coalesce((
               select jsonb_object_agg(k.name, k.init_sha256) from tracks k where k.job_id = c.id), '{}') as inits,
             (select jsonb_agg(jsonb_build_object(
                'jobId', t.job_id, 'taskId', t.id, 'fingerprints', t.fingerprints, 'result', t.result,
                'tracks', case t.kind when 'encode-audio' then jsonb_build_array(t.spec -> 'track')
                  else coalesce(jsonb_path_query_array(t.spec, '$.renditions[*].name'), '[]') end,
                'name', coalesce(t.spec ->> 'name', t.spec ->> 'track'),
                'first', coalesce((t.spec #>> '{chunk,firstSegment}')::int, (t.spec #>> '{span,firstSegment}')::int, 0)))
              from tasks t where t.job_id = c.id and t.state = 'done' and t.fingerprints <> '{}') as tasks
      from chosen c
      order by c.pictures desc nulls last, c.complete desc, c.n desc, c.created_at desc`,
    earlierJob,
  );
}
