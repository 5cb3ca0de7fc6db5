import { create } from '@bufbuild/protobuf';
import {
  type AttemptAnswer,
  type AttemptReport,
  ReportRequestSchema,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Logger } from 'pino';
import type { Clock, Random } from '../clock/clock.ts';
import { within } from '../clock/within.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import type { Attempt } from './attempt.ts';

export interface ReportDeps {
  clock: Clock;
  random: Random;
  fleet: FleetClient;
  describe: () => WorkerInfo;
  log: Logger;
}

/**
 * Sends reports of one attempt once. Null when no answer came within the limit: the reports may or may not have arrived.
 */
export async function sendReports(
  deps: ReportDeps,
  attempt: Attempt,
  reports: AttemptReport[],
  limitMs: number,
  signal: AbortSignal,
): Promise<AttemptAnswer[] | null> {
  const { clock, fleet, log } = deps;
  const request = create(ReportRequestSchema, { workers: [deps.describe()], reports });
  try {
    const response = await within(clock, limitMs, signal, (s) => fleet.report(request, { signal: s }));
    return response.answers;
  } catch (error) {
    const { taskId, attempt: number } = attempt.assignment;
    if (!signal.aborted) log.warn({ err: error, taskId, attempt: number }, 'report not confirmed');
    return null;
  }
}
