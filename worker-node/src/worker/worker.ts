import { create } from '@bufbuild/protobuf';
import {
  type Assignment,
  ClaimTasksRequestSchema,
  ReportRequestSchema,
  type WorkerInfo,
  WorkerInfoSchema,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { type Trace, unrecorded } from '@millrace/shared/trace/trace.ts';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { createCondition } from '../clock/condition.ts';
import { within } from '../clock/within.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import type { Logger } from '../logger.ts';
import { createAttempt } from './attempt.ts';
import { createHeartbeats } from './heartbeats.ts';
import { reportEnd } from './report-end.ts';
import { type AttemptDeps, runAttempt, type TaskRunner } from './run-attempt.ts';
import type { Scratch } from './scratch.ts';
import { createSlots } from './slots.ts';
import type { WorkerMetrics } from './worker-metrics.ts';

/** How long attempts have to stop and be given back once the worker drains. */
export const DRAIN_LIMIT_MS = 25_000;

/** How much longer than asked the answer to a long poll may take. */
const POLL_SLACK_MS = 10_000;

/** An empty answer that comes sooner than this is no long poll: asking again at once would be a tight loop. */
const SHORTEST_POLL_MS = 200;

const GOODBYE_LIMIT_MS = 1_000;

/** A worker as it describes itself to bridges. The id is unique to one process life. */
export type WorkerIdentity = Pick<WorkerInfo, 'id' | 'machineId' | 'slots' | 'capabilities' | 'version'>;

export interface WorkerDeps {
  clock: Clock;
  random: Random;
  /** The bridge, or several as one. */
  fleet: FleetClient;
  runTask: TaskRunner;
  identity: WorkerIdentity;
  scratch: Scratch;
  log: Logger;
  metrics: WorkerMetrics;
  /** Where traces go on that assignments name. Default: nothing is recorded. */
  trace?: Trace;
  /** How long a bridge may hold a poll open. */
  waitMs?: number;
  /** `DRAIN_LIMIT_MS` unless a test has less time. */
  drainLimitMs?: number;
}

export interface Worker {
  /** Works until the signal fires; then stops what runs, gives it back, and ends. */
  run(signal: AbortSignal): Promise<void>;
}

/** Asks a bridge for tasks while slots are free, and runs what it is given. */
export function createWorker(deps: WorkerDeps): Worker {
  const { clock, random, fleet, identity, scratch, log, metrics } = deps;
  const { waitMs = 25_000, drainLimitMs = DRAIN_LIMIT_MS, trace = unrecorded(null) } = deps;
  const slots = createSlots(identity.slots);
  const changed = createCondition(clock);
  const underWay = new Set<Promise<void>>();
  let leaving = false;
  const heartbeats = createHeartbeats({ clock, random, fleet, describe, log });
  const attemptDeps: AttemptDeps = { ...deps, describe, heartbeats };

  async function run(signal: AbortSignal): Promise<void> {
    metrics.slots.set(identity.slots);
    await scratch.clear();
    const beatUntil = new AbortController();
    const beating = heartbeats.run(beatUntil.signal);
    await takeTasks(signal);
    leaving = true;
    await Promise.all([drain(), sayGoodbye()]);
    beatUntil.abort();
    await beating;
  }

  async function takeTasks(signal: AbortSignal): Promise<void> {
    let failuresInARow = 0;
    let lostBridge = false;
    while (!signal.aborted) {
      if (slots.free() === 0) {
        await changed.wait(null, signal);
        continue;
      }
      const askedAt = clock.monotonic();
      // After a bridge was lost, whether one answers is to be known before the long wait for work.
      const isProbe = lostBridge;
      const assignments = await poll(signal, isProbe ? 0 : waitMs);
      lostBridge = assignments === null;
      for (const assignment of assignments ?? []) accept(assignment, signal);
      const tooSoon = !isProbe && assignments?.length === 0 && clock.monotonic() - askedAt < SHORTEST_POLL_MS;
      failuresInARow = assignments === null || tooSoon ? failuresInARow + 1 : 0;
      if (failuresInARow > 0) await clock.sleep(backoffMs(failuresInARow, random), signal).catch(() => {});
    }
  }

  /** Null when no bridge answered. */
  async function poll(signal: AbortSignal, waitMs: number): Promise<Assignment[] | null> {
    const request = create(ClaimTasksRequestSchema, { worker: describe(), maxTasks: slots.free(), waitMs });
    try {
      const answer = await within(clock, waitMs + POLL_SLACK_MS, signal, (s) =>
        fleet.claimTasks(request, { signal: s }),
      );
      metrics.polls.inc({ result: answer.assignments.length > 0 ? 'assigned' : 'nothing' });
      return answer.assignments;
    } catch (error) {
      if (signal.aborted) return null;
      metrics.polls.inc({ result: 'error' });
      log.warn({ err: error }, 'no bridge answered');
      return null;
    }
  }

  function accept(assignment: Assignment, signal: AbortSignal): void {
    const attempt = createAttempt(clock, assignment, trace.below(assignment.traceparent));
    const refusal = signal.aborted ? 'drain' : slots.refusal(assignment);
    if (refusal !== null) {
      const released = reportEnd(attemptDeps, attempt, { outcome: 'released', reason: refusal });
      follow(released.then(() => attempt.lease.end()));
      return;
    }
    slots.add(attempt);
    metrics.slotsBusy.set(slots.running().length);
    follow(
      runAttempt(attemptDeps, attempt).finally(() => {
        slots.remove(attempt);
        metrics.slotsBusy.set(slots.running().length);
        changed.notify();
      }),
    );
  }

  function follow(work: Promise<void>): void {
    const followed: Promise<void> = work
      .catch((error) => log.error({ err: error }, 'an attempt ended in an exception'))
      .finally(() => underWay.delete(followed));
    underWay.add(followed);
  }

  async function drain(): Promise<void> {
    log.info({ count: slots.running().length }, 'draining');
    for (const attempt of slots.running()) attempt.stop('drain');
    try {
      await within(clock, drainLimitMs, undefined, () => Promise.all(underWay));
    } catch (error) {
      log.error({ err: error, count: slots.running().length }, 'attempts did not end in time');
    }
  }

  /** Until the edge knows, jobs are planned for slots that are gone. It does not matter enough to be repeated. */
  async function sayGoodbye(): Promise<void> {
    const request = create(ReportRequestSchema, { workers: [describe()] });
    await within(clock, GOODBYE_LIMIT_MS, undefined, (signal) => fleet.report(request, { signal })).catch(
      (error) => log.debug({ err: error }, 'nobody heard the goodbye'),
    );
  }

  function describe(): WorkerInfo {
    if (leaving) return create(WorkerInfoSchema, { ...identity, slots: 0, freeSlots: 0 });
    return create(WorkerInfoSchema, { ...identity, freeSlots: slots.free() });
  }

  return { run };
}
