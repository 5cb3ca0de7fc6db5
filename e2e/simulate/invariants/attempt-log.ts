import type { AttemptOutcome } from '@millrace/shared/job/job-state.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import type { LifeEnd } from '../life.ts';

/** An attempt as the world knows it, whatever the database believes. */
export interface AttemptRecord {
  taskId: string;
  attempt: number;
  /** Name of the life that runs it; "edge" for publish. */
  holder: string;
  claimedAt: number;
  started: boolean;
  endedAt: number | null;
  outcome: AttemptOutcome | null;
}

/** What truly happened to attempts and to those who ran them. */
export interface AttemptLog {
  claimed(attempt: Pick<AttemptRecord, 'taskId' | 'attempt' | 'holder'>): void;
  started(taskId: string, attempt: number): void;
  ended(taskId: string, attempt: number, outcome: AttemptOutcome): void;
  of(taskId: string): readonly AttemptRecord[];
  heldBy(holder: string): readonly AttemptRecord[];
  count(): number;
  /** The simulated ffmpeg failed with this code. */
  failed(taskId: string, code: FailureCode): void;
  failures(taskId: string): readonly FailureCode[];
  /** A life ended, stood still, or could not be heard. */
  struck(holder: string, how: LifeEnd | 'paused' | 'cut off'): void;
  /** Whether that happened to the one who ran the attempt while it did. */
  wasStruck(record: AttemptRecord): boolean;
}

export function createAttemptLog(now: () => number): AttemptLog {
  const attempts = new Map<string, AttemptRecord[]>();
  const failures = new Map<string, FailureCode[]>();
  const blows: { holder: string; at: number }[] = [];
  let count = 0;
  const find = (taskId: string, attempt: number) =>
    attempts.get(taskId)?.find((record) => record.attempt === attempt);
  return {
    claimed(attempt) {
      count += 1;
      const record = { ...attempt, claimedAt: now(), started: false, endedAt: null, outcome: null };
      attempts.set(record.taskId, [...(attempts.get(record.taskId) ?? []), record]);
    },
    started(taskId, attempt) {
      const record = find(taskId, attempt);
      if (record) record.started = true;
    },
    ended(taskId, attempt, outcome) {
      const record = find(taskId, attempt);
      if (!record) return;
      record.outcome = outcome;
      record.endedAt = now();
    },
    of: (taskId) => attempts.get(taskId) ?? [],
    heldBy: (holder) =>
      [...attempts.values()].flat().filter((record) => record.holder === holder && record.outcome === null),
    count: () => count,
    failed: (taskId, code) => void failures.set(taskId, [...(failures.get(taskId) ?? []), code]),
    failures: (taskId) => failures.get(taskId) ?? [],
    struck: (holder, how) => {
      if (how !== 'exited') blows.push({ holder, at: now() });
    },
    wasStruck: ({ holder, claimedAt, endedAt }) =>
      blows.some((blow) => blow.holder === holder && blow.at >= claimedAt && blow.at <= (endedAt ?? now())),
  };
}
