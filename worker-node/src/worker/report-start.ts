import { create } from '@bufbuild/protobuf';
import { StartedSchema, Verdict } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock } from '../clock/clock.ts';
import { type Attempt, reportOf } from './attempt.ts';
import { createLease } from './lease.ts';
import { type ReportDeps, sendReports } from './send-reports.ts';

/** What came of the start: `refused` when the edge said no, `late` when no answer came in time. */
export type StartOutcome = 'accepted' | 'refused' | 'late';

/**
 * Nothing is done for a task before the edge has accepted its start. Tried again until the time for it is over; with the
 * accepted one the lease proper begins. When it is late the edge may have heard of the start all the same, so the lease is
 * counted from the first try: until then the attempt can be given back.
 */
export async function reportStart(deps: ReportDeps, attempt: Attempt): Promise<StartOutcome> {
  const { clock, random } = deps;
  const { assignment } = attempt;
  const firstSentAt = clock.monotonic();
  const started = reportOf(attempt, { case: 'started', value: create(StartedSchema) });
  for (let tries = 1; !attempt.lease.expired() && !attempt.signal.aborted; tries += 1) {
    const sentAt = clock.monotonic();
    const answers = await sendReports(deps, attempt, [started], assignment.startWithinMs / 2, attempt.signal);
    switch (answers?.[0]?.verdict) {
      case Verdict.ACCEPTED:
        beginLease(clock, attempt, sentAt);
        return 'accepted';
      case Verdict.LEASE_LOST:
      case Verdict.CANCELED:
        return 'refused';
      default:
        await clock.sleep(backoffMs(tries, random), attempt.signal).catch(() => {});
    }
  }
  beginLease(clock, attempt, firstSentAt);
  return 'late';
}

function beginLease(clock: Clock, attempt: Attempt, sentAt: number): void {
  const { leaseTtlMs } = attempt.assignment;
  attempt.lease.end();
  attempt.lease = createLease(clock, leaseTtlMs, sentAt + leaseTtlMs);
}
