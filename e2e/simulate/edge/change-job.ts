import type { JobEvent, Verdict } from '@millrace/shared/job/decide.ts';
import type { JobState } from '@millrace/shared/job/job-state.ts';
import type { Rules } from '../rules.ts';
import type { JobRow, OutboxRow, SegmentRow, Tables } from './tables.ts';

/** Whoever checks what the database does. Sees every change as it is made. */
export interface Witness {
  accepted(job: JobRow): void;
  decided(change: { before: JobState; event: JobEvent; verdict: Verdict; after: JobState }): void;
  claimed(taskId: string, attempt: number, holder: string, at: number): void;
  announced(job: JobRow, segment: SegmentRow): void;
  nudgeDecided(nudgeId: number, taskId: string): void;
  nudgeQueued(nudgeId: number): void;
  erased(job: JobRow): void;
}

export interface Database {
  readonly tables: Tables;
  readonly rules: Rules;
  readonly witness: Witness;
  now(): number;
  /** In [0, 1). */
  random(): number;
  nextNudgeId(): number;
  /** Nudges that are to be sent once the change is made, when the rules have no outbox. */
  readonly unsent: OutboxRow[];
}

/** One statement: the job moves as the rules say, and its rows and its nudges with it. */
export function changeJob(db: Database, job: JobRow, event: JobEvent, seen: JobState = job.state): Verdict {
  const before = job.state;
  const { verdict, job: after, effects } = db.rules.decide(before, event, seen);
  job.state = after;
  const now = db.now();
  for (const task of after.tasks.values()) {
    const row = job.tasks.get(task.id);
    if (!row || task.state !== 'ready' || before.tasks.get(task.id)?.state === 'ready') continue;
    row.readyAt = now;
    row.nudgedAt = now;
  }
  db.witness.decided({ before, event, verdict, after });
  for (const effect of effects) {
    if (effect.type === 'nudge')
      writeNudge(db, effect.taskId, after.tasks.get(effect.taskId)?.runAfter ?? now);
  }
  return verdict;
}

export function writeNudge(db: Database, taskId: string, dueAt: number): void {
  const nudge: OutboxRow = { nudgeId: db.nextNudgeId(), taskId, dueAt, claimedUntil: db.now() };
  db.witness.nudgeDecided(nudge.nudgeId, taskId);
  if (db.rules.nudges === 'outbox') db.tables.outbox.set(nudge.nudgeId, nudge);
  else db.unsent.push(nudge);
}

/** The job of a task, if it was not erased. */
export function jobOf(tables: Tables, taskId: string): JobRow | undefined {
  return tables.jobs.get(tables.jobOfTask.get(taskId) ?? '');
}
