import type { NewTask } from '@millrace/shared/job/decide.ts';
import type { MediaInfo, SourceRef } from '@millrace/shared/media/media-info.ts';
import type { JobPlan } from '@millrace/shared/media/plan.ts';
import type { TaskResult, TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { happened, tell } from '../jobs/tell.ts';
import { meterSource } from '../projects/meter-source.ts';
import {
  type Fence,
  holds,
  lockJobThenTask,
  nudgeReady,
  type ReportVerdict,
  verdict,
  withEndedAttempt,
} from './transition.ts';

/** What analyze's completion adds to the job. */
export interface NewGraph {
  mediaInfo: MediaInfo;
  plan: JobPlan;
  tasks: (NewTask & { spec: TaskSpec })[];
}

/** What a fetch's completion adds to the job: where its source lies now, and the task that looks at it. */
export interface FetchedSource {
  source: SourceRef;
  analyze: NewTask & { spec: TaskSpec };
}

export interface Completion extends Fence {
  result: TaskResult;
  logTail: string;
  /** Segments that stand for each of its tracks: completing before they were all announced answers `retry`. */
  segmentsPerTrack: number;
  graph: NewGraph | null;
  fetched?: FetchedSource;
}

export interface CompletionAnswer {
  verdict: ReportVerdict;
  jobId: string | null;
  /** The publish task, when this completion made it ready. */
  publishTaskId: string | null;
}

const row = z.object({
  verdict: z.enum(['accepted', 'lease_lost', 'canceled', 'retry']),
  job_id: z.string(),
  publish_task_id: z.string().nullable(),
});

/** What is told of a rendition, from the spec of the task that put its MP4 together. */
const RENDITION = sql`jsonb_build_object(
  'rendition', j.spec #>> '{rendition,name}', 'width', j.spec #> '{rendition,width}',
  'height', j.spec #> '{rendition,height}')`;

/** Ends an attempt well: the task is done, its dependents are a step closer, and a planned graph is inserted. */
export async function completeTask(ctx: Context, completion: Completion): Promise<CompletionAnswer> {
  const [found] = await rowsOf(ctx.db, completeStatement(completion), row);
  return {
    verdict: found?.verdict ?? 'lease_lost',
    jobId: found?.job_id ?? null,
    publishTaskId: found?.publish_task_id ?? null,
  };
}

export function completeStatement(completion: Completion): SQL {
  const { graph, fetched } = completion;
  const planned = graph?.tasks ?? (fetched ? [fetched.analyze] : []);
  const complete = sql`(
    (select count(*) from segments where task_id = ${completion.taskId}::uuid)
      >= ${completion.segmentsPerTrack}::int * coalesce(jsonb_array_length(task.spec -> 'renditions'), 1))`;
  return sql`
    with ${lockJobThenTask(completion.taskId)},
    done as (
      update tasks t
      set state = 'done', outcome = 'completed', work_done = t.work_total, lease_expires_at = null, finished_at = now(),
          heard_at = now(), result = ${JSON.stringify(completion.result)}::jsonb, log_tail = ${completion.logTail}::text,
          attempts = ${withEndedAttempt(sql`t`, 'completed')}
      from task where t.id = task.id and ${holds(completion)} and ${complete}
      returning t.id, t.job_id, t.project_id, t.unlocks, t.kind, t.spec
    ),
    planned as (
      insert into tasks (id, job_id, project_id, kind, state, spec, rank, needs, unlocks, deps_left, work_total,
                         ready_at, nudged_at)
      select p.id, done.job_id, done.project_id, p.kind, case when p."depsLeft" = 0 then 'ready' else 'blocked' end,
             p.spec, p.rank, p.needs, p.unlocks, p."depsLeft", p."workTotal",
             case when p."depsLeft" = 0 then now() end, case when p."depsLeft" = 0 then now() end
      from done, jsonb_to_recordset(${JSON.stringify(planned)}::jsonb) as p(
        id uuid, kind text, spec jsonb, rank int, needs text[], unlocks uuid[], "depsLeft" int, "workTotal" int)
      returning id, job_id, kind, state, rank, run_after
    ),
    dependent as (
      select t.id, t.deps_left from tasks t join done on t.id = any(done.unlocks) order by t.id for update of t
    ),
    unlocked as (
      update tasks t
      set deps_left = t.deps_left - 1,
          state = case when t.deps_left = 1 and t.state = 'blocked' then 'ready' else t.state end,
          run_after = case when t.deps_left = 1 then now() else t.run_after end,
          ready_at = case when t.deps_left = 1 then now() else t.ready_at end,
          nudged_at = case when t.deps_left = 1 then now() else t.nudged_at end
      from dependent where t.id = dependent.id
      returning t.id, t.job_id, t.kind, t.state, t.rank, t.run_after
    ),
    counted as (
      update jobs j
      set tasks_left = j.tasks_left - 1 + ${planned.length}::int, version = j.version + 1,
          media_info = coalesce(${graph ? JSON.stringify(graph.mediaInfo) : null}::jsonb, j.media_info),
          plan = coalesce(${graph ? JSON.stringify(graph.plan) : null}::jsonb, j.plan),
          ${fetched ? sql`${setSource(fetched.source)},` : sql``}
          event_number = j.event_number + (done.kind = 'assemble')::int
      from done where j.id = done.job_id
      returning j.*
    ),
    rendition as (
      select counted.*, done.spec from counted join done on done.job_id = counted.id where done.kind = 'assemble'
    ),
    ${tell(happened(sql`rendition`, 'rendition.completed', RENDITION), SYSTEM)},
    ${graph ? sql`${meterSource(sql`done`, graph.mediaInfo)},` : sql``}
    ready as (select * from planned union all select * from unlocked),
    nudged as (${nudgeReady(sql`ready`)})
    select
      case when ${holds(completion)} and not (${complete}) then 'retry' else ${verdict(completion, 'completed')} end as verdict,
      task.job_id,
      (select id from ready where kind = 'publish' and state = 'ready') as publish_task_id
    from task`;
}

function setSource({ key, etag, sizeBytes }: SourceRef): SQL {
  return sql`source_key = ${key}, source_etag = ${etag}, source_size_bytes = ${sizeBytes}::bigint`;
}
