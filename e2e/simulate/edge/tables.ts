import type { JobState } from '@millrace/shared/job/job-state.ts';
import type { JobPlan } from '@millrace/shared/media/plan.ts';
import type { Profile } from '@millrace/shared/media/profile.ts';
import type { DispatchPause } from '@millrace/shared/task/dispatch-pause.ts';
import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import type { QueuedNudge } from '../virtual-queue.ts';

/** What the edge's database keeps beside the states that `decide` changes. Times in milliseconds on its clock. */
export interface Tables {
  readonly jobs: Map<string, JobRow>;
  readonly jobOfTask: Map<string, string>;
  readonly outbox: Map<number, OutboxRow>;
  readonly workers: Map<string, WorkerRow>;
  readonly pauses: Map<string, PauseRow>;
}

export interface JobRow {
  state: JobState;
  readonly profile: Profile;
  plan: JobPlan | null;
  readonly tasks: Map<string, TaskRow>;
  readonly tracks: Map<string, TrackRow>;
  /** By `{track}/{number}`. */
  readonly segments: Map<string, SegmentRow>;
}

export interface TaskRow {
  readonly spec: TaskSpec;
  workerId: string | null;
  machineId: string | null;
  heardAt: number;
  readyAt: number;
  nudgedAt: number;
}

export interface TrackRow {
  track: string;
  key: string;
  sha256: string;
  sizeBytes: number;
  codecs: string;
  width: number;
  height: number;
}

export interface SegmentRow {
  track: string;
  number: number;
  taskId: string;
  attempt: number;
  key: string;
  length: number;
  sizeBytes: number;
}

export interface OutboxRow extends Omit<QueuedNudge, 'delaySeconds'> {
  nudgeId: number;
  dueAt: number;
  claimedUntil: number;
}

export interface PauseRow extends DispatchPause {
  /** Null until somebody ends it. */
  expiresAt: number | null;
}

export interface WorkerRow {
  id: string;
  machineId: string;
  slots: number;
  freeSlots: number;
  capabilities: readonly string[];
  lastSeenAt: number;
}

export function createTables(): Tables {
  return {
    ...{ jobs: new Map(), jobOfTask: new Map(), outbox: new Map(), workers: new Map() },
    pauses: new Map(),
  };
}
