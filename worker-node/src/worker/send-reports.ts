import { create } from '@bufbuild/protobuf';
import {
  type AttemptAnswer,
  type AttemptReport,
  ReportRequestSchema,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { OpenSpan } from '@millrace/shared/trace/trace.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { within } from '../clock/within.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import type { Logger } from '../logger.ts';
import { type Attempt, attemptFields } from './attempt.ts';

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
  const spans = reports.flatMap((report) => beginTelling(attempt, report));
  const request = create(ReportRequestSchema, { workers: [deps.describe()], reports });
  try {
    const response = await within(clock, limitMs, signal, (s) => fleet.report(request, { signal: s }));
    for (const span of spans) span.end();
    return response.answers;
  } catch (error) {
    for (const span of spans) span.end(error);
    if (!signal.aborted) log.warn({ err: error, ...attemptFields(attempt) }, 'report not confirmed');
    return null;
  }
}

/** Heartbeats are no spans: there are many, and nothing follows from them that a trace should show. */
function beginTelling(attempt: Attempt, report: AttemptReport): OpenSpan[] {
  if (!attempt.trace.isRecording || report.event.case === 'heartbeat') return [];
  const span = attempt.trace.begin(`report ${report.event.case}`, { kind: 'client' });
  report.traceparent = span.trace.traceparent ?? '';
  return [span];
}
