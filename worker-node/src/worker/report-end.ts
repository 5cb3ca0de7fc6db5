import { create } from '@bufbuild/protobuf';
import { redact } from '@millrace/shared/log/redact.ts';
import {
  type AttemptReport,
  CompletedSchema,
  FailedSchema,
  ReleasedSchema,
  Verdict,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { backoffMs } from '../clock/backoff.ts';
import { type Attempt, heartbeatAccepted, heartbeatOf, reportOf } from './attempt.ts';
import type { AttemptEnd } from './attempt-end.ts';
import { type ReportDeps, sendReports } from './send-reports.ts';

/**
 * What the edge made of the end. `init_mismatch`: not reported, since another initialisation segment stands.
 * `unconfirmed`: the lease ran out before the edge answered.
 */
export type EndVerdict = 'accepted' | 'lease_lost' | 'canceled' | 'init_mismatch' | 'unconfirmed';

/** A result that is refused for so long, and so often, though nothing is left to announce, never will be taken. */
const REFUSED_FOR_MS = 600_000;
const MAX_REFUSALS = 10;

/**
 * Tells how the attempt ended until the edge accepts or refuses it, or the lease is over. What is left to announce goes
 * ahead in the same request. An initialisation segment goes ahead in a request of its own: the end must not be accepted
 * before it is known to be the one that stands. A result that the edge keeps refusing though nothing is left to announce
 * becomes a failure.
 */
export async function reportEnd(
  deps: ReportDeps,
  attempt: Attempt,
  end: Exclude<AttemptEnd, { outcome: 'abandoned' }>,
): Promise<EndVerdict> {
  const { clock, random } = deps;
  const logTail = redact(attempt.logTail.lines().join('\n'));
  let last = reportOf(attempt, eventOf(end, logTail));
  const beganAt = clock.monotonic();
  let refusals = 0;
  const limitMs = attempt.assignment.leaseTtlMs / 6;
  for (let tries = 1; !attempt.lease.expired(); tries += 1) {
    if (end.outcome === 'completed' && attempt.failure) return 'init_mismatch';
    const pending = attempt.announcements.pending();
    const ahead = attempt.announcements.hasNews() ? [heartbeatOf(attempt, pending)] : [];
    const checkInitsFirst = end.outcome === 'completed' && pending.inits.length > 0;
    const sentAt = clock.monotonic();
    const answers = await sendReports(
      deps,
      attempt,
      checkInitsFirst ? ahead : [...ahead, last],
      limitMs,
      attempt.lease.signal,
    );
    const aheadAnswer = ahead.length > 0 ? answers?.[0] : undefined;
    if (aheadAnswer?.verdict === Verdict.ACCEPTED) {
      heartbeatAccepted(attempt, pending, sentAt, aheadAnswer.inits);
      if (checkInitsFirst) continue;
    }
    switch (answers?.at(-1)?.verdict) {
      case Verdict.ACCEPTED:
        return 'accepted';
      case Verdict.LEASE_LOST:
        return 'lease_lost';
      case Verdict.CANCELED:
        return 'canceled';
      case Verdict.RETRY:
        refusals += attempt.announcements.hasNews() ? 0 : 1;
        if (
          end.outcome === 'completed' &&
          refusals >= MAX_REFUSALS &&
          clock.monotonic() - beganAt > REFUSED_FOR_MS
        )
          last = reportOf(attempt, eventOf(REFUSED, logTail));
        break;
      case Verdict.UNSPECIFIED:
      case undefined:
        break;
    }
    await clock.sleep(backoffMs(tries, random), attempt.lease.signal).catch(() => {});
  }
  return 'unconfirmed';
}

const REFUSED = {
  outcome: 'failed',
  code: 'worker_error',
  message: 'the edge would not take the result, though nothing was left to announce',
} as const;

function eventOf(
  end: Exclude<AttemptEnd, { outcome: 'abandoned' }>,
  logTail: string,
): AttemptReport['event'] {
  switch (end.outcome) {
    case 'completed':
      return {
        case: 'completed',
        value: create(CompletedSchema, { resultJson: JSON.stringify(end.result), logTail }),
      };
    case 'failed':
      return {
        case: 'failed',
        value: create(FailedSchema, { code: end.code, message: redact(end.message), logTail }),
      };
    case 'released':
      return { case: 'released', value: create(ReleasedSchema, { reason: end.reason }) };
    default:
      return end satisfies never;
  }
}
