import {
  LEASE_TTL_MS,
  NO_CAPABLE_WORKER_MS,
  RELAY_CLAIM_MS,
  RENUDGE_MS,
} from '@millrace/shared/task/lease-rules.ts';
import { changeJob, type Database, jobOf, writeNudge } from './change-job.ts';
import { isLive } from './claim-statement.ts';
import { activeJobs } from './job-statements.ts';
import { isHeld } from './pause-statements.ts';
import type { OutboxRow, TaskRow } from './tables.ts';

/** As in reap.ts and relay.ts. */
const REAP_BATCH = 50;
const RELAY_BATCH = 100;

export interface OverdueWork {
  expired: string[];
  publishable: string[];
  starved: string[];
}

/** reap.ts `look`: finds what time made wrong, and nudges again what waits. */
export function look(db: Database): OverdueWork {
  const now = db.now();
  const live = [...db.tables.workers.values()].filter((worker) => isLive(db, worker));
  const able = (needs: readonly string[]) =>
    live.some((worker) => needs.every((need) => worker.capabilities.includes(need)));
  const work: OverdueWork = { expired: [], publishable: [], starved: [] };
  let nudged = 0;
  for (const [id, { expiresAt }] of db.tables.pauses) {
    if (expiresAt !== null && expiresAt <= now) db.tables.pauses.delete(id);
  }
  for (const job of activeJobs(db)) {
    for (const task of job.state.tasks.values()) {
      const row = job.tasks.get(task.id);
      if (!row) continue;
      if (task.state === 'running' && (task.leaseExpiresAt ?? 0) <= now) work.expired.push(task.id);
      if (task.state !== 'ready') continue;
      if (task.kind === 'publish') {
        if (task.runAfter <= now) work.publishable.push(task.id);
        continue;
      }
      if (isHeld(db, job, task.id)) {
        // Nobody waits for a worker while it is held back.
        row.readyAt = now;
        continue;
      }
      if (live.length > 0 && row.readyAt < now - NO_CAPABLE_WORKER_MS && !able(task.needs)) {
        work.starved.push(task.id);
      }
      if (task.runAfter <= now && row.nudgedAt < now - RENUDGE_MS && nudged < REAP_BATCH) {
        nudged += 1;
        row.nudgedAt = now;
        writeNudge(db, task.id, now);
      }
    }
  }
  return {
    expired: work.expired.slice(0, REAP_BATCH),
    publishable: work.publishable.slice(0, REAP_BATCH),
    starved: work.starved.slice(0, REAP_BATCH),
  };
}

export function expireTask(db: Database, taskId: string): void {
  const job = jobOf(db.tables, taskId);
  const row = job?.tasks.get(taskId);
  if (!job || !row) return;
  const event = { type: 'expire', taskId, now: db.now(), machineLives: machineLives(db, row) } as const;
  changeJob(db, job, { ...event, random: db.random() });
}

/** expire-task.ts: others on the attempt's machine were heard from well after its own worker had fallen silent. */
function machineLives(db: Database, row: TaskRow): boolean {
  const heard = [...db.tables.workers.values()].filter(
    (worker) => worker.machineId === row.machineId && worker.lastSeenAt > row.heardAt + LEASE_TTL_MS / 2,
  );
  return heard.length > 0 && !heard.some((worker) => worker.id === row.workerId);
}

export function starveTask(db: Database, taskId: string): void {
  const job = jobOf(db.tables, taskId);
  if (job) changeJob(db, job, { type: 'starve', taskId });
}

/** relay.ts: claims rows that no relay works on. */
export function claimOutbox(db: Database): OutboxRow[] {
  const due = [...db.tables.outbox.values()]
    .filter((row) => row.claimedUntil <= db.now())
    .sort((a, b) => a.claimedUntil - b.claimedUntil)
    .slice(0, RELAY_BATCH);
  for (const row of due) row.claimedUntil = db.now() + RELAY_CLAIM_MS;
  return due;
}

export function deleteOutbox(db: Database, rows: readonly OutboxRow[]): void {
  for (const row of rows) db.tables.outbox.delete(row.nudgeId);
}
