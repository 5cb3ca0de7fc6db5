import { objectKey } from '@millrace/shared/storage-keys.ts';
import { initName, segmentName } from '@millrace/shared/task/outputs.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type Fence, leaseEnd, type ReportVerdict, setBytesRead } from './transition.ts';

export interface AnnouncedInit {
  track: string;
  sha256: string;
  sizeBytes: number;
  codecs: string;
  width: number;
  height: number;
}

export interface AnnouncedSegment {
  track: string;
  number: number;
  sizeBytes: number;
  length: number;
  /** See `segments.keyBytes`. */
  keyBytes: number;
  initSha256: string;
}

export interface Beat extends Fence {
  workDone: number;
  inits: AnnouncedInit[];
  segments: AnnouncedSegment[];
}

export interface BeatAnswer {
  taskId: string;
  attempt: number;
  verdict: ReportVerdict;
  jobId: string | null;
}

const row = z.object({
  task_id: z.string(),
  attempt: z.number(),
  verdict: z.enum(['accepted', 'lease_lost', 'canceled']),
  job_id: z.string().nullable(),
});

/**
 * Renews the leases of many attempts at once and records what they announced. Locks no job. The first initialisation
 * segment of a track and the first row for a segment number stand; a segment made for another initialisation segment
 * than the standing one is left out, and its worker learns why from `standingInits`.
 */
export async function heartbeat(ctx: Context, beats: Beat[]): Promise<BeatAnswer[]> {
  if (beats.length === 0) return [];
  if (beats.every((beat) => beat.inits.length === 0)) return rowsOf(ctx.db, renew(beats), row).then(answers);
  const [, renewed] = await ctx.db.batch([ctx.db.execute(recordInits(beats)), ctx.db.execute(renew(beats))]);
  return answers(renewed.rows.map((value) => row.parse(value)));
}

function answers(rows: z.infer<typeof row>[]): BeatAnswer[] {
  return rows.map((r) => ({ taskId: r.task_id, attempt: r.attempt, verdict: r.verdict, jobId: r.job_id }));
}

/** Its own statement, so that the one after it sees rows that a concurrent attempt wrote first. */
function recordInits(beats: Beat[]) {
  const inits = beats.flatMap((beat) =>
    beat.inits.map(({ track, sha256, sizeBytes, codecs, width, height }) => ({
      ...{ track, sha256, sizeBytes, codecs, width, height },
      taskId: beat.taskId,
      attempt: beat.attempt,
      token: beat.leaseToken,
      key: keyPattern(beat, initName(track)),
    })),
  );
  return sql`
    insert into tracks (job_id, name, task_id, init_key, init_sha256, init_size_bytes, codecs, width, height)
    select t.job_id, i.track, t.id, replace(i.key, ${PROJECT}, t.project_id), i.sha256, i."sizeBytes", i.codecs, i.width, i.height
    from jsonb_to_recordset(${JSON.stringify(inits)}::jsonb) as i(
      "taskId" uuid, attempt int, token uuid, track text, key text, sha256 text, "sizeBytes" int,
      codecs text, width int, height int)
    join tasks t on t.id = i."taskId" and t.state = 'running' and t.attempt = i.attempt and t.lease_token = i.token
      and ${hasTrack(sql`t.spec`, sql`i.track`)}
    order by t.job_id, i.track
    on conflict do nothing`;
}

function renew(beats: Beat[]) {
  const input = beats.map(({ taskId, attempt, leaseToken, workDone, sourceBytesRead = 0 }) => ({
    ...{ taskId, attempt, leaseToken, workDone, sourceBytesRead },
  }));
  const segments = beats.flatMap((beat) =>
    beat.segments.map(({ track, number, sizeBytes, length, keyBytes, initSha256 }) => ({
      ...{ track, number, sizeBytes, length, keyBytes, initSha256 },
      taskId: beat.taskId,
      attempt: beat.attempt,
      key: keyPattern(beat, segmentName(track, number)),
    })),
  );
  return sql`
    with input as (
      select * from jsonb_to_recordset(${JSON.stringify(input)}::jsonb)
        as i("taskId" uuid, attempt int, "leaseToken" uuid, "workDone" int, "sourceBytesRead" bigint)
    ),
    task as (
      select t.id, t.job_id, t.state, t.attempt, t.lease_token, t.outcome
      from tasks t where t.id in (select "taskId" from input)
      order by t.id for update of t
    ),
    beat as (
      update tasks t
      set lease_expires_at = ${leaseEnd}, heard_at = now(),
          work_done = greatest(t.work_done, least(i."workDone", t.work_total)),
          moved_at = case when i."workDone" > t.work_done or i."sourceBytesRead" > t.attempt_bytes_read then now()
                          else t.moved_at end,
          ${setBytesRead(sql`i."sourceBytesRead"`)}
      from input i, task
      where t.id = i."taskId" and task.id = t.id
        and task.state = 'running' and task.attempt = i.attempt and task.lease_token = i."leaseToken"
      returning t.id, t.job_id, t.project_id, t.attempt, t.spec
    ),
    announced as (
      insert into segments (job_id, track, number, task_id, attempt, object_key, size_bytes, length,
                            key_bytes)
      select beat.job_id, s.track, s.number, beat.id, beat.attempt, replace(s.key, ${PROJECT}, beat.project_id),
             s."sizeBytes", s.length, s."keyBytes"
      from jsonb_to_recordset(${JSON.stringify(segments)}::jsonb) as s(
        "taskId" uuid, attempt int, track text, number int, key text, "sizeBytes" int, length int,
        "keyBytes" int, "initSha256" text)
      join beat on beat.id = s."taskId" and beat.attempt = s.attempt
      join tracks on tracks.job_id = beat.job_id and tracks.name = s.track and tracks.init_sha256 = s."initSha256"
      where ${hasTrack(sql`beat.spec`, sql`s.track`)} and ${hasNumber(sql`beat.spec`, sql`s.number`)}
      order by beat.job_id, s.track, s.number
      on conflict do nothing
    )
    select i."taskId" as task_id, i.attempt, task.job_id,
      case
        when beat.id is not null then 'accepted'
        when task.attempt = i.attempt and task.lease_token = i."leaseToken" and task.outcome = 'canceled' then 'canceled'
        else 'lease_lost'
      end as verdict
    from input i
    left join task on task.id = i."taskId"
    left join beat on beat.id = i."taskId" and beat.attempt = i.attempt`;
}

/** Workers read hostile files: what they announce must be of their own task. */
function hasTrack(spec: SQL, track: SQL): SQL {
  return sql`(${track} = ${spec} ->> 'track' or exists (
    select 1 from jsonb_array_elements(${spec} -> 'renditions') r where r ->> 'name' = ${track}))`;
}

/** The last chunk and the last span of a track may run past the plan; any other has exactly its segments. */
function hasNumber(spec: SQL, number: SQL): SQL {
  const first = sql`coalesce(${spec} #>> '{chunk,firstSegment}', ${spec} #>> '{span,firstSegment}', '0')::int`;
  const end = sql`coalesce(
    (${spec} #>> '{span,endSegment}')::int,
    case when ${spec} #>> '{chunk,frames}' is not null
      then ${first} + jsonb_array_length(${spec} #> '{chunk,segmentFrames}') end)`;
  return sql`${number} >= ${first} and (${end} is null or ${number} < ${end})`;
}

/** Stands in a key for the project, which the statement knows. */
const PROJECT = '{project}';

function keyPattern(beat: Beat, name: string): string {
  return objectKey(PROJECT, beat.taskId, beat.attempt, name);
}
