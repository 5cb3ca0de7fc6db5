import { type Claimable, type ClaimScene, chooseTasks } from '@millrace/shared/task/claim-order.ts';
import { codecOf, isPaused } from '@millrace/shared/task/dispatch-pause.ts';
import { tracksRead } from '@millrace/shared/task/inputs.ts';
import { WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import { segmentName } from '@millrace/shared/task/outputs.ts';
import type { ClaimedTask } from '../../../edge/src/tasks/claimed-task.ts';
import { changeJob, type Database, jobOf } from './change-job.ts';
import { activeJobs } from './job-statements.ts';
import { pausesInForce } from './pause-statements.ts';
import type { JobRow, WorkerRow } from './tables.ts';

export type Claimer = Omit<WorkerRow, 'lastSeenAt'>;

/** claim-tasks.ts: notes the worker and gives it the best runnable tasks. */
export function claimTasks(db: Database, claimer: Claimer, max: number, token: () => string): ClaimedTask[] {
  seeWorker(db, claimer);
  const scene = claimScene(db);
  const heeded = db.rules.pauses === 'heeded' ? scene : { ...scene, pauses: [] };
  return chooseTasks(heeded, claimer, max).flatMap((taskId) => {
    const job = jobOf(db.tables, taskId);
    const row = job?.tasks.get(taskId);
    if (!job || !row) return [];
    const verdict = changeJob(db, job, { type: 'claim', taskId, token: token(), now: db.now() });
    if (verdict !== 'accepted') return [];
    row.workerId = claimer.id;
    row.machineId = claimer.machineId;
    row.heardAt = db.now();
    const claimed = describeTask(job, taskId);
    if (claimed) db.witness.claimed(taskId, claimed.attempt, claimer.id, db.now());
    return claimed ? [claimed] : [];
  });
}

export function seeWorker(db: Database, worker: Claimer): void {
  db.tables.workers.set(worker.id, { ...worker, lastSeenAt: db.now() });
}

export function isLive(db: Database, worker: WorkerRow): boolean {
  return worker.lastSeenAt > db.now() - WORKER_GONE_MS;
}

/** What `chooseTasks` chooses from. */
export function claimScene(db: Database): ClaimScene {
  const jobs = activeJobs(db);
  const pauses = pausesInForce(db);
  const ready: Claimable[] = [];
  const runningByJob = new Map<string, number>();
  const runningByProject = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { state: job, tasks } of jobs) {
    const { id: jobId, projectId, priority, createdAt: jobCreatedAt } = job;
    for (const { id: taskId, kind, state, runAfter, rank, needs, alone } of job.tasks.values()) {
      if (kind === 'publish') continue;
      if (state === 'running') {
        count(runningByJob, jobId);
        count(runningByProject, projectId);
      } else if (state === 'ready' && runAfter <= db.now()) {
        const waitedMs = db.now() - runAfter;
        const spec = tasks.get(taskId)?.spec;
        const codec = spec ? codecOf(spec) : null;
        ready.push({ taskId, jobId, projectId, priority, rank, needs, codec, alone, waitedMs, jobCreatedAt });
      }
    }
  }
  const liveSlots = [...db.tables.workers.values()]
    .filter((worker) => isLive(db, worker))
    .reduce((sum, worker) => sum + worker.slots, 0);
  return {
    ready,
    runningByJob,
    runningByProject,
    quotaByProject: new Map(),
    pauses,
    liveSlots,
    activeJobs: jobs.filter(({ state }) => !isPaused({ projectId: state.projectId, codec: null }, pauses))
      .length,
  };
}

/** claimed-task.ts: a task as it is handed to a worker. */
export function describeTask(job: JobRow, taskId: string): ClaimedTask | null {
  const task = job.state.tasks.get(taskId);
  const row = job.tasks.get(taskId);
  if (!task || !row) return null;
  const { spec } = row;
  const segments = [...job.segments.values()].sort((a, b) => a.number - b.number);
  const read = tracksRead(spec);
  return {
    id: taskId,
    job_id: job.state.id,
    project_id: job.state.projectId,
    attempt: task.attempt,
    lease_token: task.leaseToken ?? '',
    alone: task.alone,
    spec,
    traceparent: null,
    request_id: null,
    inits: [...job.tracks.values()],
    announced:
      task.attempt > 1
        ? segments.filter((s) => s.taskId === taskId).map(({ track, number }) => ({ track, number }))
        : [],
    segments: segments
      .filter((s) =>
        read.some(({ track, segment }) => track === s.track && (segment ?? s.number) === s.number),
      )
      .map(({ track, number, key }) => {
        const name = segmentName(track, number).slice(track.length + 1);
        return { track, number, key, name };
      }),
  };
}
