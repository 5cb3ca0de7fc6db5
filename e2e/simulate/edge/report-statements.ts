import type { NewTask, Verdict } from '@millrace/shared/job/decide.ts';
import type { JobState } from '@millrace/shared/job/job-state.ts';
import type { JobPlan } from '@millrace/shared/media/plan.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import { initName, segmentName } from '@millrace/shared/task/outputs.ts';
import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import type { Beat } from '../../../edge/src/tasks/heartbeat.ts';
import type { Fence } from '../rules.ts';
import { changeJob, type Database, jobOf } from './change-job.ts';
import type { JobRow } from './tables.ts';

export interface Answer {
  verdict: Verdict | 'retry';
  jobId: string | null;
}

export interface PlannedGraph {
  plan: JobPlan;
  tasks: readonly (NewTask & { spec: TaskSpec })[];
}

const UNKNOWN: Answer = { verdict: 'lease_lost', jobId: null };

export function startTask(db: Database, fence: Fence): Answer {
  return speak(db, fence, (job) => changeJob(db, job, { type: 'start', ...fence, now: db.now() }));
}

/** heartbeat.ts, first statement: the first initialisation segment of a track stands. */
export function recordInits(db: Database, beats: readonly Beat[]): void {
  for (const beat of beats) {
    const job = jobOf(db.tables, beat.taskId);
    const task = job?.state.tasks.get(beat.taskId);
    if (!job || !task || !db.rules.mayAnnounce(task, fenceOf(beat))) continue;
    for (const { track, sha256, sizeBytes, codecs, width, height } of beat.inits) {
      if (job.tracks.has(track)) continue;
      const key = objectKey(job.state.projectId, beat.taskId, beat.attempt, initName(track));
      job.tracks.set(track, { track, key, sha256, sizeBytes, codecs, width, height });
    }
  }
}

/** heartbeat.ts, second statement: leases are renewed, and the first row for a segment number stands. */
export function renewLeases(
  db: Database,
  beats: readonly Beat[],
): (Answer & Pick<Beat, 'taskId' | 'attempt'>)[] {
  return beats.map((beat) => {
    const fence = fenceOf(beat);
    const { taskId, attempt, workDone } = beat;
    const answer = speak(db, fence, (job) => {
      const verdict = changeJob(db, job, { type: 'heartbeat', ...fence, now: db.now(), workDone });
      if (verdict === 'accepted') recordSegments(db, job, beat);
      return verdict;
    });
    return { taskId, attempt, ...answer };
  });
}

function recordSegments(db: Database, job: JobRow, { taskId, attempt, segments }: Beat): void {
  for (const { track, number, length, sizeBytes, initSha256 } of segments) {
    const id = `${track}/${number}`;
    if (job.segments.has(id) || job.tracks.get(track)?.sha256 !== initSha256) continue;
    const key = objectKey(job.state.projectId, taskId, attempt, segmentName(track, number));
    const row = { track, number, taskId, attempt, key, length, sizeBytes };
    job.segments.set(id, row);
    db.witness.announced(job, row);
  }
}

/**
 * complete-task.ts. `retry` until as many segments stand as the attempt says it made. `seen` is the job as the statement
 * saw it when it began.
 */
export function completeTask(
  db: Database,
  fence: Fence,
  segmentsPerTrack: number,
  graph: PlannedGraph | null,
  seen: JobState | undefined,
): Answer & { publishTaskId: string | null } {
  let publishTaskId: string | null = null;
  const answer = speak(db, fence, (job) => {
    const task = job.state.tasks.get(fence.taskId);
    if (task && db.rules.mayAnnounce(task, fence) && !isAnnounced(job, fence.taskId, segmentsPerTrack)) {
      return 'retry';
    }
    const planned = graph?.tasks ?? [];
    const before = job.state;
    const event = { type: 'complete', ...fence, now: db.now(), planned } as const;
    if (graph) addRows(db, job, graph);
    const verdict = changeJob(db, job, event, seen);
    if (job.state === before && graph) removeRows(db, job, graph);
    else if (graph) job.plan = graph.plan;
    const publish = [...job.state.tasks.values()].find((t) => t.kind === 'publish' && t.state === 'ready');
    if (job.state !== before) publishTaskId = publish?.id ?? null;
    return verdict;
  });
  return { ...answer, publishTaskId };
}

function isAnnounced(job: JobRow, taskId: string, segmentsPerTrack: number): boolean {
  const spec = job.tasks.get(taskId)?.spec;
  const tracks = spec?.kind === 'encode-video' ? spec.renditions.length : 1;
  const standing = [...job.segments.values()].filter((segment) => segment.taskId === taskId).length;
  return standing >= segmentsPerTrack * tracks;
}

function addRows(db: Database, job: JobRow, graph: PlannedGraph): void {
  const now = db.now();
  for (const { id, spec } of graph.tasks) {
    job.tasks.set(id, { spec, workerId: null, machineId: null, heardAt: now, readyAt: now, nudgedAt: now });
    db.tables.jobOfTask.set(id, job.state.id);
  }
}

function removeRows(db: Database, job: JobRow, graph: PlannedGraph): void {
  for (const { id } of graph.tasks) {
    job.tasks.delete(id);
    db.tables.jobOfTask.delete(id);
  }
}

export function failTask(db: Database, fence: Fence, code: FailureCode, message: string): Answer {
  return speak(db, fence, (job) =>
    changeJob(db, job, { type: 'fail', ...fence, now: db.now(), code, message, random: db.random() }),
  );
}

export function releaseTask(db: Database, fence: Fence): Answer {
  return speak(db, fence, (job) => changeJob(db, job, { type: 'release', ...fence, now: db.now() }));
}

function speak(db: Database, fence: Fence, change: (job: JobRow) => Answer['verdict']): Answer {
  const job = jobOf(db.tables, fence.taskId);
  if (!job) return UNKNOWN;
  const verdict = change(job);
  const row = job.tasks.get(fence.taskId);
  if (row && verdict === 'accepted') row.heardAt = db.now();
  return { verdict, jobId: job.state.id };
}

function fenceOf({ taskId, attempt, leaseToken }: Beat): Fence {
  return { taskId, attempt, token: leaseToken };
}
