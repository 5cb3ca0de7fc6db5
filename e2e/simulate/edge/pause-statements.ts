import { codecOf, type DispatchPause, isPaused } from '@millrace/shared/task/dispatch-pause.ts';
import { MAX_NUDGES } from '@millrace/shared/task/lease-rules.ts';
import { type Database, writeNudge } from './change-job.ts';
import { activeJobs } from './job-statements.ts';
import type { JobRow, PauseRow } from './tables.ts';

/** pause-dispatch.ts. */
export function pauseDispatch(db: Database, pauseId: string, pause: PauseRow): void {
  db.tables.pauses.set(pauseId, pause);
}

/** resume-dispatch.ts: nudges what it held back, and no other pause does. */
export function resumeDispatch(db: Database, pauseId: string): void {
  const ended = db.tables.pauses.get(pauseId);
  if (!ended) return;
  db.tables.pauses.delete(pauseId);
  const freed = activeJobs(db)
    .flatMap((job) => readyTasks(db, job).map((task) => ({ job, task })))
    .filter(({ job, task }) => isHeldBy(job, task.id, [ended]) && !isHeld(db, job, task.id))
    .sort((a, b) => a.task.rank - b.task.rank);
  for (const { task } of freed.slice(0, MAX_NUDGES)) writeNudge(db, task.id, db.now());
}

/** Whether a pause holds the task back now. */
export function isHeld(db: Database, job: JobRow, taskId: string): boolean {
  return isHeldBy(job, taskId, pausesInForce(db));
}

export function pausesInForce(db: Database): PauseRow[] {
  return [...db.tables.pauses.values()].filter(({ expiresAt }) => expiresAt === null || expiresAt > db.now());
}

/** Tasks of a job that could run now, if no pause held them back. */
export function readyTasks(db: Database, job: JobRow) {
  return [...job.state.tasks.values()].filter(
    (task) => task.state === 'ready' && task.kind !== 'publish' && task.runAfter <= db.now(),
  );
}

function isHeldBy(job: JobRow, taskId: string, pauses: readonly DispatchPause[]): boolean {
  const spec = job.tasks.get(taskId)?.spec;
  return isPaused({ projectId: job.state.projectId, codec: spec ? codecOf(spec) : null }, pauses);
}
