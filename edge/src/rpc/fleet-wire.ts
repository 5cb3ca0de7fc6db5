import {
  type AttemptReport,
  Verdict,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { LEASE_TTL_MS, START_WITHIN_MS } from '@millrace/shared/task/lease-rules.ts';
import type { Claimer } from '../tasks/claim-tasks.ts';
import type { ClaimedTask } from '../tasks/claimed-task.ts';
import type { Beat } from '../tasks/heartbeat.ts';
import type { Fence, ReportVerdict } from '../tasks/transition.ts';

/** Messages of FleetService to and from what the use cases take and give. Pure: the simulation translates with it too. */

/** An assignment but for its URLs. */
export function assignmentOf(task: ClaimedTask) {
  return {
    taskId: task.id,
    attempt: task.attempt,
    leaseToken: task.lease_token,
    jobId: task.job_id,
    projectId: task.project_id,
    specJson: JSON.stringify(task.spec),
    leaseTtlMs: LEASE_TTL_MS,
    startWithinMs: START_WITHIN_MS,
    alone: task.alone,
    inits: task.inits.map((init) => ({ ...init, name: init.key, sizeBytes: BigInt(init.sizeBytes) })),
    announced: task.announced,
    traceparent: task.traceparent ?? '',
    requestId: task.request_id ?? '',
  };
}

export function beatOf(news: AttemptReport): Beat[] {
  if (news.event.case !== 'heartbeat') return [];
  const { workDone, inits, segments } = news.event.value;
  return [
    {
      ...fenceOf(news),
      workDone: Number(workDone),
      inits: inits.map((init) => ({ ...init, sizeBytes: Number(init.sizeBytes) })),
      segments: segments.map((segment) => ({
        ...segment,
        sizeBytes: Number(segment.sizeBytes),
        length: Number(segment.length),
        keyBytes: Number(segment.keyBytes),
      })),
    },
  ];
}

export function fenceOf(news: AttemptReport): Fence {
  const { taskId, attempt, leaseToken, sourceBytesRead, cpuMicros } = news;
  return {
    ...{ taskId, attempt, leaseToken },
    ...{ sourceBytesRead: Number(sourceBytesRead), cpuMicros: Number(cpuMicros) },
  };
}

export function claimerOf(worker: WorkerInfo): Claimer {
  const { id, machineId, slots, freeSlots, capabilities, version } = worker;
  return { id, machineId, slots, freeSlots, capabilities, version };
}

export function wireVerdict(verdict: ReportVerdict): Verdict {
  switch (verdict) {
    case 'accepted':
      return Verdict.ACCEPTED;
    case 'lease_lost':
      return Verdict.LEASE_LOST;
    case 'canceled':
      return Verdict.CANCELED;
    case 'retry':
      return Verdict.RETRY;
    default:
      return verdict satisfies never;
  }
}
