import {
  type AttemptReport,
  Verdict,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import { LEASE_TTL_MS, START_WITHIN_MS } from '@millrace/shared/task/lease-rules.ts';
import { outputNames } from '@millrace/shared/task/outputs.ts';
import { inputsOf } from '../../../edge/src/rpc/sign-assignment.ts';
import type { ClaimedTask } from '../../../edge/src/tasks/claimed-task.ts';
import type { Beat } from '../../../edge/src/tasks/heartbeat.ts';
import type { Claimer } from './claim-statement.ts';
import type { Answer } from './report-statements.ts';

/** Messages of FleetService to and from what the statements take and give, as fleet-service.ts does it. */

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
    inputs: inputsOf(task).map(signed),
    outputs: signedOutputs(task, outputNames(task.spec)),
    inits: task.inits.map((init) => ({ ...init, name: init.key, sizeBytes: BigInt(init.sizeBytes) })),
    announced: task.announced,
  };
}

/** A URL is the key it gives access to. */
export function signed({ name, key }: { name: string; key: string }) {
  return { name, method: 'GET', url: key, headers: {} };
}

export function signedOutputs(task: ClaimedTask, names: readonly string[]) {
  return names.map((name) => {
    const url = objectKey(task.project_id, task.id, task.attempt, name);
    return { name, method: 'PUT', url, headers: {} };
  });
}

export function beatOf(news: AttemptReport): Beat[] {
  if (news.event.case !== 'heartbeat') return [];
  const { taskId, attempt, leaseToken } = news;
  const { workDone, inits, segments } = news.event.value;
  return [
    {
      ...{ taskId, attempt, leaseToken },
      workDone: Number(workDone),
      inits: inits.map((init) => ({ ...init, sizeBytes: Number(init.sizeBytes) })),
      segments: segments.map((segment) => ({
        ...segment,
        sizeBytes: Number(segment.sizeBytes),
        length: Number(segment.length),
      })),
    },
  ];
}

export function claimerOf({ id, machineId, slots, freeSlots, capabilities }: WorkerInfo): Claimer {
  return { id, machineId, slots, freeSlots, capabilities };
}

export function wireVerdict(verdict: Answer['verdict']): Verdict {
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
