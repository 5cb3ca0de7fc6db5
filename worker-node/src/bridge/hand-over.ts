import { create } from '@bufbuild/protobuf';
import {
  type Assignment,
  ClaimTasksRequestSchema,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { OpenSpan, Trace } from '@millrace/shared/trace/trace.ts';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import type { Condition } from '../clock/condition.ts';
import { within } from '../clock/within.ts';
import { assignmentFields } from '../fleet/assignment-fields.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import type { Logger } from '../logger.ts';
import type { BridgeMetrics } from './bridge-metrics.ts';
import type { NudgeTraces } from './nudge-traces.ts';
import type { Waiter, WaitingRoom } from './waiting-room.ts';

/** A claim that takes longer is given up; what it took is taken back by the edge when it does not start. */
const CLAIM_TIMEOUT_MS = 5_000;

/** Claims under way at once. */
const MAX_CLAIMS = 8;

/** Hints of nudges that are worth remembering. */
const MAX_HINTS = 100;

/** What came of looking for work: a claim reached the edge, none could, or nobody waited any more. */
export type LookOutcome = 'claimed' | 'unreachable' | 'nobody_waits';

export interface HandOver {
  /** There may be work, enough for about `expected` claims. Ends when a claim made after this call has an outcome. */
  look(expected: number, hints?: readonly string[]): Promise<LookOutcome>;
  /** Claims for waiting workers until the signal fires, and then until no claim is under way. */
  run(signal: AbortSignal): Promise<void>;
  /** False while claims fail because the edge is out of reach. */
  reachesEdge(): boolean;
}

export interface HandOverDeps {
  clock: Clock;
  random: Random;
  edge: FleetClient;
  room: WaitingRoom;
  /** Shared with the waiting room: notified when there is something to look at again. */
  changed: Condition;
  /** Gives back what was claimed for a worker that has gone. */
  release(assignment: Assignment): void;
  log: Logger;
  metrics: BridgeMetrics;
  trace: Trace;
  nudgeTraces: NudgeTraces;
}

/**
 * Claims at the edge for waiting workers. Every sign of work starts a new round; a kind of worker for which the edge
 * found nothing is not claimed for again in the same round. The first round begins with the bridge, since nudges may
 * have been taken by one that died.
 */
export function createHandOver(deps: HandOverDeps): HandOver {
  const { clock, random, edge, room, changed, log, metrics, trace, nudgeTraces } = deps;
  const foundNothing = new Map<string, number>();
  let round = 1;
  let wanted = 1;
  let underWay = 0;
  let failuresInARow = 0;
  let pausedUntil = 0;
  let hints: string[] = [];
  let looks: { round: number; end: (outcome: LookOutcome) => void }[] = [];
  let closed = false;

  async function look(expected: number, newHints: readonly string[] = []): Promise<LookOutcome> {
    if (closed) return 'nobody_waits';
    round += 1;
    wanted = Math.max(wanted, Math.min(expected, MAX_CLAIMS));
    hints = [...hints, ...newHints].slice(-MAX_HINTS);
    changed.notify();
    return await new Promise((end) => looks.push({ round, end }));
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = pausedUntil - clock.monotonic();
      if (pauseMs > 0) {
        await changed.wait(pauseMs, signal);
        continue;
      }
      startClaims();
      if (underWay === 0 && room.idle() === 0) endLooks(round, 'nobody_waits');
      await changed.wait(null, signal);
    }
    while (underWay > 0) await changed.wait(null);
    closed = true;
    endLooks(round, 'nobody_waits');
  }

  function startClaims(): void {
    while (underWay < wanted) {
      const waiter = room.take((worker) => foundNothing.get(kindOf(worker)) !== round);
      if (!waiter) return;
      underWay += 1;
      void claimFor(waiter, round).finally(() => {
        underWay -= 1;
        changed.notify();
      });
    }
  }

  async function claimFor(waiter: Waiter, inRound: number): Promise<void> {
    const begun = clock.monotonic();
    const beganAt = clock.now();
    const result = await claim(waiter);
    metrics.claimSeconds.observe((clock.monotonic() - begun) / 1000);
    if (result === null) {
      waiter.handOver([]);
      failuresInARow += 1;
      pausedUntil = clock.monotonic() + backoffMs(failuresInARow, random);
      endLooks(inRound, 'unreachable');
      return;
    }
    failuresInARow = 0;
    endLooks(inRound, 'claimed');
    if (result.length === 0) {
      wanted = 1;
      foundNothing.set(kindOf(waiter.worker), inRound);
    } else {
      wanted = Math.min(wanted + 1, MAX_CLAIMS);
    }
    deliver(waiter, result, beganAt);
  }

  /** Null when the edge could not be asked. */
  async function claim(waiter: Waiter): Promise<Assignment[] | null> {
    const request = create(ClaimTasksRequestSchema, {
      worker: waiter.worker,
      maxTasks: Math.min(waiter.maxTasks, waiter.worker.freeSlots),
      hints,
    });
    hints = [];
    try {
      const answer = await within(clock, CLAIM_TIMEOUT_MS, undefined, (signal) =>
        edge.claimTasks(request, { signal }),
      );
      metrics.claims.inc({ result: answer.assignments.length > 0 ? 'assigned' : 'nothing' });
      return answer.assignments;
    } catch (error) {
      metrics.claims.inc({ result: 'error' });
      log.warn({ err: error, worker_id: waiter.worker.id }, 'claim failed');
      return null;
    }
  }

  function deliver(waiter: Waiter, assignments: Assignment[], beganAt: number): void {
    const spans = assignments.map((assignment) => beginClaim(assignment, beganAt));
    const taken = waiter.handOver(assignments);
    for (const span of spans) span.end(taken ? undefined : 'the worker went away');
    for (const assignment of assignments) {
      const line = { ...assignmentFields(assignment), worker_id: waiter.worker.id };
      log.info(line, taken ? 'task handed over' : 'worker went away before hand-over');
    }
    metrics.assignments.inc({ fate: taken ? 'handed_over' : 'given_back' }, assignments.length);
    if (!taken) for (const assignment of assignments) deps.release(assignment);
  }

  /** Below the nudge that led here, if there was one. The worker goes on below the claim. */
  function beginClaim(assignment: Assignment, beganAt: number): OpenSpan {
    const { taskId, attempt, jobId } = assignment;
    const place = nudgeTraces.take(taskId) ?? trace.below(assignment.traceparent);
    const span = place.begin('claim', {
      kind: 'client',
      beganAt,
      attributes: { 'millrace.job_id': jobId, 'millrace.task_id': taskId, 'millrace.attempt': attempt },
    });
    assignment.traceparent = span.trace.traceparent ?? assignment.traceparent;
    return span;
  }

  function endLooks(upToRound: number, outcome: LookOutcome): void {
    const ended = looks.filter((entry) => entry.round <= upToRound);
    looks = looks.filter((entry) => entry.round > upToRound);
    for (const entry of ended) entry.end(outcome);
  }

  return { look, run, reachesEdge: () => failuresInARow === 0 };
}

/** Workers of one kind get the same answer: they can do the same, and are idle or not. */
function kindOf(worker: WorkerInfo): string {
  const idle = worker.freeSlots === worker.slots;
  return `${idle ? 'idle' : 'busy'} ${[...worker.capabilities].sort().join(' ')}`;
}
