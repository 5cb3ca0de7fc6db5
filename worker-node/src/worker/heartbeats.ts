import { create } from '@bufbuild/protobuf';
import {
  type AttemptAnswer,
  ReportRequestSchema,
  type ReportResponse,
  Verdict,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { createCondition } from '../clock/condition.ts';
import { within } from '../clock/within.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import type { Logger } from '../logger.ts';
import type { Pending } from './announcements.ts';
import { type Attempt, heartbeatAccepted, heartbeatOf } from './attempt.ts';

export interface Heartbeats {
  /** From now on the attempt is kept alive. */
  add(attempt: Attempt): void;
  remove(attempt: Attempt): void;
  /** An attempt has something to announce: the next heartbeat goes at once when that is urgent, or soon. */
  newsIsThere(): void;
  /** Runs until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
}

export interface HeartbeatDeps {
  clock: Clock;
  random: Random;
  fleet: FleetClient;
  describe: () => WorkerInfo;
  log: Logger;
}

/** Renditions of one segment are stored one after the other: they are announced together. */
const GATHER_MS = 1_000;

/**
 * One report for all attempts that go on, every third of a lease, earlier when there is news. A report that gets no
 * answer is given up after a sixth of a lease and sent again, so that one lease has room for several lost answers in a
 * row.
 */
export function createHeartbeats(deps: HeartbeatDeps): Heartbeats {
  const { clock, random, fleet, log } = deps;
  const attempts = new Set<Attempt>();
  const changed = createCondition(clock);
  let lastSentAt = Number.NEGATIVE_INFINITY;
  let newsSince: number | null = null;
  let failuresInARow = 0;
  let restUntil = 0;

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs = dueInMs();
      if (waitMs === null || waitMs > 0) await changed.wait(waitMs, signal);
      else await beat();
    }
  }

  /** Null while nothing goes on. */
  function dueInMs(): number | null {
    const going = goingOn();
    if (going.length === 0) return null;
    const now = clock.monotonic();
    if (failuresInARow > 0) return restUntil - now;
    if (going.some((attempt) => attempt.announcements.isUrgent())) return 0;
    const regularly = lastSentAt + shortestTtlMs(going) / 3;
    const news = going.some((attempt) => attempt.announcements.hasNews());
    return (news ? Math.min(regularly, (newsSince ?? now) + GATHER_MS) : regularly) - now;
  }

  /** One that was stopped has nothing more to say until its end, however long its ffmpeg takes to die. */
  function goingOn(): Attempt[] {
    return [...attempts].filter((attempt) => !attempt.signal.aborted);
  }

  async function beat(): Promise<void> {
    newsSince = null;
    const going = goingOn();
    const sent = going.map((attempt) => ({ attempt, pending: attempt.announcements.pending() }));
    const request = create(ReportRequestSchema, {
      workers: [deps.describe()],
      reports: sent.map(({ attempt, pending }) => heartbeatOf(attempt, pending)),
    });
    const sentAt = clock.monotonic();
    lastSentAt = sentAt;
    try {
      const response = await within(clock, shortestTtlMs(going) / 6, undefined, (signal) =>
        fleet.report(request, { signal }),
      );
      takeAnswers(sent, sentAt, response);
    } catch (error) {
      rest();
      log.warn({ err: error, count: sent.length }, 'heartbeat not confirmed');
    }
  }

  function takeAnswers(
    sent: readonly { attempt: Attempt; pending: Pending }[],
    sentAt: number,
    response: ReportResponse,
  ): void {
    const settled = sent.map(({ attempt, pending }, i) => {
      const answer = response.answers[i];
      if (!attempts.has(attempt)) return true;
      return answer !== undefined && takeAnswer(attempt, pending, sentAt, answer);
    });
    if (settled.every(Boolean)) failuresInARow = 0;
    else rest();
  }

  /** False when there is still something to say of the attempt, later. */
  function takeAnswer(attempt: Attempt, pending: Pending, sentAt: number, answer: AttemptAnswer): boolean {
    // Once an attempt ends, only the answer to its last report says what became of it.
    const mayStop = attempt.phase !== 'ending';
    switch (answer.verdict) {
      case Verdict.ACCEPTED:
        heartbeatAccepted(attempt, pending, sentAt, answer.inits);
        return true;
      case Verdict.LEASE_LOST:
        if (mayStop) attempt.stop('lease_lost');
        return mayStop;
      case Verdict.CANCELED:
        if (mayStop) attempt.stop('canceled');
        return mayStop;
      case Verdict.RETRY:
      case Verdict.UNSPECIFIED:
        return false;
      default:
        return answer.verdict satisfies never;
    }
  }

  function rest(): void {
    failuresInARow += 1;
    restUntil = clock.monotonic() + backoffMs(failuresInARow, random);
  }

  return {
    add(attempt) {
      // A first attempt after a quiet time was confirmed just now, by its start.
      if (goingOn().length === 0) lastSentAt = clock.monotonic();
      attempts.add(attempt);
      changed.notify();
    },
    remove(attempt) {
      attempts.delete(attempt);
      changed.notify();
    },
    newsIsThere() {
      newsSince ??= clock.monotonic();
      changed.notify();
    },
    run,
  };
}

function shortestTtlMs(attempts: readonly Attempt[]): number {
  return Math.min(...attempts.map((attempt) => attempt.lease.ttlMs));
}
