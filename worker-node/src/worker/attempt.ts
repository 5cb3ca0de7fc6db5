import { create } from '@bufbuild/protobuf';
import type { LogFields } from '@millrace/shared/log/log-fields.ts';
import {
  type Assignment,
  type AttemptReport,
  AttemptReportSchema,
  HeartbeatSchema,
  SegmentSchema,
  type TrackInit,
  TrackInitSchema,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { type Trace, unrecorded } from '@millrace/shared/trace/trace.ts';
import { traceFields } from '@millrace/shared/trace/traceparent.ts';
import type { Clock } from '../clock/clock.ts';
import { assignmentFields } from '../fleet/assignment-fields.ts';
import { createLogTail, type LogTail } from '../media/log-tail.ts';
import { TaskFailure } from '../task-failure.ts';
import { type Announcements, createAnnouncements, type Pending } from './announcements.ts';
import { AttemptStopped, type StopReason } from './attempt-end.ts';
import { createLease, type Lease } from './lease.ts';

/** `starting` until the edge has accepted the start, `running` while the task works, `ending` once its end is known. */
export type AttemptPhase = 'starting' | 'running' | 'ending';

/** One attempt while it lives on this worker. */
export interface Attempt {
  readonly assignment: Assignment;
  /** Monotonic. */
  readonly receivedAt: number;
  phase: AttemptPhase;
  /** Replaced once, when the start is accepted: before, it is the time within which the attempt must start. */
  lease: Lease;
  readonly announcements: Announcements;
  readonly logTail: LogTail;
  /** Where spans of what is done for it are hung: below its own, once it is worked on. */
  trace: Trace;
  workDone: number;
  /** Fetched from storage for this attempt; what the worker's cache held costs none. */
  sourceBytesRead: number;
  /** CPU time of the programs that it ran and that have ended. */
  cpuMicros: number;
  /** What the edge's answers found wrong with this attempt's work. */
  readonly failure: TaskFailure | null;
  /** Ends the task, its ffmpeg and its transfers. */
  readonly signal: AbortSignal;
  /** The first reason wins. */
  stop(reason: StopReason): void;
  fail(failure: TaskFailure): void;
}

export function createAttempt(
  clock: Clock,
  assignment: Assignment,
  trace: Trace = unrecorded(assignment.traceparent),
): Attempt {
  const controller = new AbortController();
  const receivedAt = clock.monotonic();
  let failure: TaskFailure | null = null;
  return {
    assignment,
    receivedAt,
    phase: 'starting',
    lease: createLease(clock, assignment.leaseTtlMs, receivedAt + assignment.startWithinMs),
    announcements: createAnnouncements(),
    logTail: createLogTail(),
    trace,
    workDone: 0,
    sourceBytesRead: 0,
    cpuMicros: 0,
    get failure() {
      return failure;
    },
    signal: controller.signal,
    stop: (reason) => controller.abort(new AttemptStopped(reason)),
    fail(why) {
      failure ??= why;
      controller.abort(why);
    },
  };
}

/** A report of this attempt with its fence filled in. */
export function reportOf(attempt: Attempt, event: AttemptReport['event']): AttemptReport {
  const { taskId, attempt: number, leaseToken } = attempt.assignment;
  const spent = {
    ...{ sourceBytesRead: BigInt(attempt.sourceBytesRead), cpuMicros: BigInt(attempt.cpuMicros) },
  };
  return create(AttemptReportSchema, { taskId, attempt: number, leaseToken, event, ...spent });
}

/** A heartbeat that carries progress and everything the edge has not confirmed. */
export function heartbeatOf(attempt: Attempt, pending: Pending): AttemptReport {
  const value = create(HeartbeatSchema, {
    workDone: BigInt(attempt.workDone),
    inits: pending.inits.map((init) =>
      create(TrackInitSchema, { ...init, sizeBytes: BigInt(init.sizeBytes) }),
    ),
    segments: pending.segments.map((segment) =>
      create(SegmentSchema, {
        ...segment,
        sizeBytes: BigInt(segment.sizeBytes),
        length: BigInt(segment.length),
        keyBytes: BigInt(segment.keyBytes),
      }),
    ),
  });
  return reportOf(attempt, { case: 'heartbeat', value });
}

/** The edge accepted a heartbeat that was sent at `sentAt`; `standing` are the initialisation segments that count. */
export function heartbeatAccepted(
  attempt: Attempt,
  pending: Pending,
  sentAt: number,
  standing: readonly TrackInit[],
): void {
  attempt.lease.confirm(sentAt);
  attempt.announcements.confirm(pending);
  for (const { track, sha256 } of standing) {
    const own = attempt.announcements.ownInit(track);
    if (own !== undefined && own !== sha256) {
      attempt.fail(
        new TaskFailure(
          'init_mismatch',
          `${track}: the initialisation segment differs from the one that stands`,
        ),
      );
    }
  }
}

/** What every log line of the attempt says. */
export function attemptFields({ assignment, trace }: Attempt): LogFields {
  return { ...assignmentFields(assignment), ...traceFields(trace.traceparent) };
}
