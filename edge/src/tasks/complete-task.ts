import type { NewTask } from '@millrace/shared/job/decide.ts';
import type { MediaInfo, SourceRef } from '@millrace/shared/media/media-info.ts';
import type { JobPlan } from '@millrace/shared/media/plan.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import { filesOf } from '@millrace/shared/task/outputs.ts';
import type { TaskResult, TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import type { TakenOver } from '../jobs/take-over.ts';
import { tell } from '../jobs/tell.ts';
import { lockProject } from '../projects/lock-project.ts';
import { meterSource } from '../projects/meter-source.ts';
import { copyOutputs } from './copy-outputs.ts';
import {
  type Fence,
  holds,
  lockJobThenTask,
  nudgeReady,
  type ReportVerdict,
  setSpent,
  verdict,
  withEndedAttempt,
} from './transition.ts';

/** What analyze's completion adds to the job. */
export interface NewGraph {
  mediaInfo: MediaInfo;
  plan: JobPlan;
  tasks: GraphNode[];
}

export type GraphNode = NewTask & {
  spec: TaskSpec;
  /** See `fingerprintTasks`. */
  fingerprints: string[];
  /** What of an earlier job takes the place of running it. */
  takenOver: TakenOver | null;
};

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
  /** Of the job; to be given with a graph that takes something over. */
  projectId?: string;
  fetched?: FetchedSource;
}

export interface CompletionAnswer {
  verdict: ReportVerdict;
  /** What was to be taken over is there no more: nothing has changed, and the job is to be planned anew. */
  replan?: boolean;
  jobId: string | null;
  /** The publish task, when this completion made it ready. */
  publishTaskId: string | null;
}

const row = z.object({
  verdict: z.enum(['accepted', 'lease_lost', 'canceled', 'retry']),
  replan: z.boolean(),
  job_id: z.string(),
  publish_task_id: z.string().nullable(),
});

/**
 * Ends an attempt well: the task is done, its files have rows, its dependents are a step closer, and a planned graph is
 * inserted. A graph that takes outputs over from other jobs locks their project first: nobody erases them meanwhile.
 */
export async function completeTask(ctx: Context, completion: Completion): Promise<CompletionAnswer> {
  const statement = completeStatement(completion);
  const project = completion.graph && takesOver(completion.graph) ? completion.projectId : undefined;
  const [found] = await (project === undefined
    ? rowsOf(ctx.db, statement, row)
    : ctx.db
        .batch([ctx.db.execute(lockProject(project)), ctx.db.execute(statement)])
        .then(([, result]) => result.rows.map((value) => row.parse(value))));
  return {
    verdict: found?.verdict ?? 'lease_lost',
    replan: found?.replan ?? false,
    jobId: found?.job_id ?? null,
    publishTaskId: found?.publish_task_id ?? null,
  };
}

function takesOver(graph: NewGraph): boolean {
  return graph.tasks.some((task) => task.takenOver !== null);
}

export function completeStatement(completion: Completion): SQL {
  const { graph, fetched } = completion;
  const planned =
    graph?.tasks ?? (fetched ? [{ ...fetched.analyze, fingerprints: [], takenOver: null }] : []);
  const taken = planned.flatMap((task) => task.takenOver ?? []);
  const complete = sql`(
    (select count(*) from segments where task_id = ${completion.taskId}::uuid)
      >= ${completion.segmentsPerTrack}::int * coalesce(jsonb_array_length(task.spec -> 'renditions'), 1))`;
  // Rows that were only read: the project's lock, which is older than this snapshot, keeps them.
  const standing = sql`(
    (select count(*) from tasks e where e.state = 'done' and e.id in (${takenIds(taken)}))
      = ${new Set(taken.map((from) => from.taskId)).size}::int)`;
  const outcome = sql`${holds(completion)} and ${complete} and ${standing}`;
  return sql`
    with ${lockJobThenTask(completion.taskId)},
    done as (
      update tasks t
      set state = 'done', outcome = 'completed', work_done = t.work_total, lease_expires_at = null, finished_at = now(),
          heard_at = now(), result = ${JSON.stringify(completion.result)}::jsonb, log_tail = ${completion.logTail}::text,
          attempts = ${withEndedAttempt(sql`t`, 'completed')}, ${setSpent(completion)}
      from task where t.id = task.id and ${outcome}
      returning t.id, t.job_id, t.project_id, t.unlocks, t.kind, t.spec, t.attempt
    ),
    ${storedFiles(completion)}
    planned as (
      insert into tasks (id, job_id, project_id, kind, state, spec, rank, needs, unlocks, deps_left, work_total,
                         work_done, fingerprints, reused_from, result, finished_at, ready_at, nudged_at)
      select p.id, done.job_id, done.project_id, p.kind,
             case when p."takenOver" is not null then 'done' when p."depsLeft" = 0 then 'ready' else 'blocked' end,
             p.spec, p.rank, p.needs, p.unlocks, p."depsLeft", p."workTotal",
             case when p."takenOver" is not null then p."workTotal" else 0 end, p.fingerprints,
             (p."takenOver" ->> 'taskId')::uuid, p."takenOver" -> 'result',
             case when p."takenOver" is not null then now() end,
             case when p."takenOver" is null and p."depsLeft" = 0 then now() end,
             case when p."takenOver" is null and p."depsLeft" = 0 then now() end
      from done, jsonb_to_recordset(${JSON.stringify(planned)}::jsonb) as p(
        id uuid, kind text, spec jsonb, rank int, needs text[], unlocks uuid[], "depsLeft" int, "workTotal" int,
        fingerprints text[], "takenOver" jsonb)
      returning id, job_id, kind, state, rank, run_after, spec
    ),
    ${copyOutputs(taken)}
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
      returning t.id, t.job_id, t.kind, t.state, t.rank, t.run_after, t.spec
    ),
    film as (
      select row_number() over (order by f.spec #>> '{rendition,name}') as place, f.spec -> 'rendition' as made
      from (select kind, spec from done union all select kind, spec from planned where state = 'done') f
      where f.kind = 'assemble' and jsonb_typeof(f.spec -> 'rendition') = 'object'
    ),
    counted as (
      update jobs j
      set tasks_left = j.tasks_left - 1 + ${planned.length - taken.length}::int, version = j.version + 1,
          media_info = coalesce(${graph ? JSON.stringify(graph.mediaInfo) : null}::jsonb, j.media_info),
          plan = coalesce(${graph ? JSON.stringify(graph.plan) : null}::jsonb, j.plan),
          ${fetched ? sql`${setSource(fetched.source)},` : sql``}
          event_number = j.event_number + (select count(*) from film)
      from done where j.id = done.job_id
      returning j.*
    ),
    ${tell(COMPLETED_RENDITIONS, SYSTEM)},
    ${graph ? sql`${meterSource(sql`done`, graph.mediaInfo)},` : sql``}
    ready as (select * from planned union all select * from unlocked),
    nudged as (${nudgeReady(sql`ready`)})
    select
      case when not ${holds(completion)} then ${verdict(completion, 'completed')}
           when ${outcome} then 'accepted' else 'retry' end as verdict,
      ${holds(completion)} and not ${standing} as replan,
      task.job_id,
      (select id from ready where kind = 'publish' and state = 'ready') as publish_task_id
    from task`;
}

/** Renditions whose MP4 is there now. */
const COMPLETED_RENDITIONS = sql`
  select j.id, j.project_id, (j.event_number - (select count(*) from film) + film.place)::int as number, j.version,
         j.status, j.metadata, j.tags, 'rendition.completed' as type,
         jsonb_build_object('rendition', film.made ->> 'name', 'width', film.made -> 'width',
                            'height', film.made -> 'height') as data
  from counted j, film`;

function takenIds(taken: TakenOver[]): SQL {
  const ids = JSON.stringify(taken.map((from) => from.taskId));
  return sql`select value::uuid from jsonb_array_elements_text(${ids}::jsonb)`;
}

/** Stands in a key for the project, which the statement knows. */
const PROJECT = '{project}';

/** CTE: rows for the files that the task stored. Workers read hostile files: only names that the task may write. */
function storedFiles({ result, taskId, attempt }: Completion): SQL {
  const files = filesOf(result).map(({ name, sizeBytes }) => ({
    ...{ name, sizeBytes, key: objectKey(PROJECT, taskId, attempt, name) },
  }));
  if (files.length === 0) return sql``;
  return sql`
    stored as (
      insert into files (job_id, name, task_id, object_key, size_bytes)
      select done.job_id, f.name, done.id, replace(f.key, ${PROJECT}, done.project_id), f."sizeBytes"
      from done, jsonb_to_recordset(${JSON.stringify(files)}::jsonb) as f(name text, key text, "sizeBytes" bigint)
      where case done.kind
        when 'poster' then f.name = 'poster.jpg'
        when 'assemble' then f.name = done.spec ->> 'name'
        when 'storyboard' then f.name = 'storyboard.vtt' or f.name ~ '^storyboard-[0-9]{3}\\.jpg$'
        when 'subtitles' then f.name = (done.spec ->> 'track') || '.vtt' or
          starts_with(f.name, (done.spec ->> 'track') || '/')
            and substr(f.name, length(done.spec ->> 'track') + 2) ~ '^[0-9]{5}\\.vtt$'
        else false end
      on conflict do nothing
    ),`;
}

function setSource({ key, etag, sizeBytes }: SourceRef): SQL {
  return sql`source_key = ${key}, source_etag = ${etag}, source_size_bytes = ${sizeBytes}::bigint`;
}
