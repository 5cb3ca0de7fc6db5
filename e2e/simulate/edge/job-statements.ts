import { newJob } from '@millrace/shared/job/decide.ts';
import { isFinal } from '@millrace/shared/job/job-state.ts';
import type { Profile } from '@millrace/shared/media/profile.ts';
import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { changeJob, type Database, writeNudge } from './change-job.ts';
import type { JobRow } from './tables.ts';

export interface NewJob {
  jobId: string;
  taskId: string;
  projectId: string;
  priority: number;
  profile: Profile;
  sourceKey: string;
}

/** insert-jobs.ts: job, first task and outbox row in one statement. */
export function insertJob(db: Database, input: NewJob): void {
  const now = db.now();
  const { jobId, taskId, projectId, priority, profile, sourceKey } = input;
  // A doubled request would be a job of its own, and no different from any other.
  if (db.tables.jobs.has(jobId)) return;
  const spec: TaskSpec = { kind: 'analyze', source: { key: sourceKey, sizeBytes: 1, etag: 'e' } };
  const { job: state, effects } = newJob(
    { id: jobId, projectId, priority, createdAt: now },
    { id: taskId, kind: 'analyze', rank: 0, needs: [], unlocks: [], depsLeft: 0, workTotal: 1 },
  );
  const row = { spec, workerId: null, machineId: null, heardAt: now, readyAt: now, nudgedAt: now };
  const job: JobRow = {
    state,
    profile,
    plan: null,
    tasks: new Map([[taskId, row]]),
    tracks: new Map(),
    segments: new Map(),
  };
  db.tables.jobs.set(jobId, job);
  db.tables.jobOfTask.set(taskId, jobId);
  db.witness.accepted(job);
  for (const effect of effects) if (effect.type === 'nudge') writeNudge(db, effect.taskId, now);
}

export function cancelJob(db: Database, jobId: string): void {
  const job = db.tables.jobs.get(jobId);
  if (job) changeJob(db, job, { type: 'cancel' });
}

export function retryJob(db: Database, jobId: string): void {
  const job = db.tables.jobs.get(jobId);
  if (job) changeJob(db, job, { type: 'retry', now: db.now() });
}

export function eraseJob(db: Database, jobId: string): void {
  const job = db.tables.jobs.get(jobId);
  if (!job) return;
  db.tables.jobs.delete(jobId);
  for (const taskId of job.tasks.keys()) db.tables.jobOfTask.delete(taskId);
  db.witness.erased(job);
}

export function activeJobs(db: Database): JobRow[] {
  return [...db.tables.jobs.values()].filter((job) => !isFinal(job.state.status));
}
