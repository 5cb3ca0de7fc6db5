import { resolveProfile } from '@millrace/shared/media/profile.ts';
import { analyzeTask, type FirstTask, fetchTask } from '@millrace/shared/task/first-task.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Caller } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { withinDailyMinutes } from '../projects/quota.ts';
import type { FoundSource } from './find-source.ts';
import { badSubtitles, findSubtitles, subtitleRows } from './find-subtitles.ts';
import type { JobInput } from './job-input.ts';
import { happened, tell } from './tell.ts';

/** A job on its way into the database. */
export interface JobEntry {
  jobId: string;
  taskId: string;
  input: JobInput;
  /** Null to take what the upload was confirmed with. */
  source: FoundSource | null;
}

const row = z.object({
  job_id: z.string(),
  within_quota: z.boolean().nullable(),
  /** Null when there is no confirmed upload of this key. */
  size_bytes: z.coerce.number().nullable(),
  /** Null when nothing was inserted. */
  created_at: z.string().nullable(),
  bad_subtitles: badSubtitles.nullable(),
  /** A job of this id was there before: the request is a repetition. */
  repeated: z.boolean(),
});
export type InsertedJob = z.infer<typeof row>;

/** A nudge for a job that waits leaves the outbox this much before its time; the queue holds it for the rest. */
const EARLY = sql`interval '1 minute'`;

/**
 * Jobs, their events, first tasks and nudges, in one statement. A job whose source is unknown or of a size that is not
 * taken, whose subtitles are not, or whose project has used up its minutes, is left out.
 */
export async function insertJobs(
  ctx: Context,
  request: {
    caller: Pick<Caller, 'projectId' | 'actor'>;
    traceparent: string | null;
    requestId: string | null;
  },
  entries: JobEntry[],
): Promise<Map<string, InsertedJob>> {
  if (entries.length === 0) return new Map();
  const { projectId, actor } = request.caller;
  const rows = await rowsOf(
    ctx.db,
    sql`
      with input as (${inputRows(entries, ctx.config.maxSourceBytes)}),
      source as (
        select i."jobId" as id, coalesce(i.etag, u.etag) as etag, coalesce(i."sizeBytes", u.size_bytes) as size_bytes
        from input i
        left join uploads u on u.object_key = i."inputKey" and u.project_id = ${projectId}::text
          and u.status = 'completed' and i.etag is null
        where i."inputKey" is null or not exists (select 1 from erasures e where e.prefix = i."inputKey")
      ),
      ${findSubtitles(projectId)},
      quota as (select ${withinDailyMinutes(projectId)} as within),
      job as (
        insert into jobs (id, project_id, status, priority, profile_input, profile, metadata, tags, actor, not_before,
                          public, input_url, source_key, source_etag, source_size_bytes, sidecars, tasks_left,
                          traceparent, request_id)
        select i."jobId", ${projectId}::text, 'queued', i.priority, i."profileInput", i.profile, i.metadata,
               array(select jsonb_array_elements_text(i.tags)), ${actor}::text, i."notBefore", i.public, i."inputUrl",
               i."inputKey", s.etag, s.size_bytes, c.list, 1, ${request.traceparent}::text,
               ${request.requestId}::text
        from input i join source s on s.id = i."jobId" join sidecar c on c.id = i."jobId", quota
        where quota.within and c.bad is null and (i."inputUrl" is not null
          or s.etag is not null and s.size_bytes between 1 and ${ctx.config.maxSourceBytes}::bigint)
        on conflict (id) do nothing
        returning *
      ),
      ${tell(happened(sql`job`, 'job.created'), actor)},
      task as (
        insert into tasks (id, job_id, project_id, kind, state, spec, rank, needs, unlocks, deps_left, work_total,
                           run_after, ready_at, nudged_at)
        select i."taskId", job.id, job.project_id, i.kind, 'ready',
               case when job.input_url is null then jsonb_set(i.spec, '{source}', jsonb_build_object(
                 'key', job.source_key, 'sizeBytes', job.source_size_bytes, 'etag', job.source_etag)) else i.spec end,
               0, array(select jsonb_array_elements_text(i.needs)), '{}', 0, i."workTotal",
               greatest(now(), job.not_before), greatest(now(), job.not_before), now()
        from job join input i on i."jobId" = job.id
        returning id, run_after
      ),
      nudged as (
        insert into outbox (task_id, traceparent, due_at, claimed_until)
        select id, ${request.traceparent}::text, run_after, greatest(now(), run_after - ${EARLY}) from task
      )
      select i."jobId" as job_id, quota.within as within_quota, s.size_bytes, c.bad as bad_subtitles, job.created_at,
             exists (select 1 from jobs j where j.id = i."jobId" and j.project_id = ${projectId}::text) as repeated
      from quota, input i join sidecar c on c.id = i."jobId"
      left join source s on s.id = i."jobId" left join job on job.id = i."jobId"`,
    row,
  );
  return new Map(rows.map((inserted) => [inserted.job_id, inserted]));
}

function inputRows(entries: JobEntry[], maxSourceBytes: number): SQL {
  const input = entries.map(({ jobId, taskId, input, source }) => ({
    jobId,
    taskId,
    ...firstTask(input, maxSourceBytes),
    inputKey: input.input_key ?? null,
    inputUrl: input.input_url ?? null,
    etag: source?.etag ?? null,
    sizeBytes: source?.sizeBytes ?? null,
    subtitles: subtitleRows(input),
    profileInput: input.profile,
    profile: resolveProfile(input.profile),
    metadata: input.metadata,
    tags: input.tags,
    priority: input.priority,
    notBefore: input.not_before ?? null,
    public: input.public,
  }));
  return sql`
    select * from jsonb_to_recordset(${JSON.stringify(input)}::jsonb) as i(
      "jobId" uuid, "taskId" uuid, kind text, spec jsonb, needs jsonb, "workTotal" int, "inputKey" text,
      "inputUrl" text, etag text, "sizeBytes" bigint, subtitles jsonb, "profileInput" jsonb, profile jsonb, metadata jsonb, tags jsonb,
      priority int, "notBefore" timestamptz, public boolean)`;
}

/** What the job begins with. The statement fills in what it finds of a source in storage. */
export function firstTask(input: JobInput, maxSourceBytes: number): FirstTask {
  if (input.input_url !== undefined) return fetchTask(input.input_url, maxSourceBytes);
  return analyzeTask({ key: input.input_key ?? '', sizeBytes: 0, etag: '' });
}
