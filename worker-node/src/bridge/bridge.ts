import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type Assignment,
  type AttemptReport,
  AttemptReportSchema,
  ClaimTasksResponseSchema,
  type ReportResponse,
  ReportResponseSchema,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { BRIDGE_HEARTBEAT_MS } from '@millrace/shared/task/lease-rules.ts';
import { type Trace, unrecorded } from '@millrace/shared/trace/trace.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { createCondition } from '../clock/condition.ts';
import { within } from '../clock/within.ts';
import { assignmentFields } from '../fleet/assignment-fields.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import { isTransient } from '../fleet/is-transient.ts';
import type { Logger } from '../logger.ts';
import type { BridgeMetrics } from './bridge-metrics.ts';
import { edgeUnavailable } from './edge-unavailable.ts';
import { createHandOver } from './hand-over.ts';
import type { NudgeSource } from './nudge-source.ts';
import { createNudgeTraces } from './nudge-traces.ts';
import { pullNudges } from './pull-nudges.ts';
import { createReportBatcher } from './report-batcher.ts';
import { createWaitingRoom } from './waiting-room.ts';
import { createWorkerRoster } from './worker-roster.ts';
import { createWorkerSights } from './worker-sights.ts';

/** A worker may hold its call open this long at most. */
const MAX_WAIT_MS = 25_000;

const SIGN_TIMEOUT_MS = 5_000;
const DEPTH_TIMEOUT_MS = 5_000;

/** Answers that say "tasks are ready" lead to a claim at most this often. */
const READY_LOOK_MS = 1_000;

/** A claim that is under way, then reports that are repeated, then the last call for them: five seconds each. */
export const BRIDGE_STOP_LIMIT_MS = 15_000;

export interface BridgeDeps {
  clock: Clock;
  random: Random;
  nudges: NudgeSource;
  edge: FleetClient;
  log: Logger;
  metrics: BridgeMetrics;
  /** Where traces go on that nudges and assignments name. Default: nothing is recorded. */
  trace?: Trace;
  /** Between two pulls when the first found nothing. */
  idlePullMs?: number;
  /** A plain heartbeat waits this long for company. */
  gatherMs?: number;
  /** How long the bridge itself repeats a report that the edge could not take. */
  retryMs?: number;
  /** The edge hears from the bridge at least this often. */
  heartbeatMs?: number;
  /** Told whenever a worker says how it is. */
  onWord?: (worker: WorkerInfo) => void;
}

/** What workers call, and the loops behind it. */
export interface Bridge extends Required<FleetClient> {
  /** Works until the signal fires; then answers those who wait, sends what has gathered, and ends. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Stands between the edge and a fleet of workers: turns their long polls into claims, and their many reports into few
 * calls. Holds no state that matters: whatever dies with it is claimed, told or nudged again.
 */
export function createBridge(deps: BridgeDeps): Bridge {
  const { clock, random, nudges, edge, log, metrics } = deps;
  const { idlePullMs = 500, gatherMs = 150, retryMs = 5_000, heartbeatMs = BRIDGE_HEARTBEAT_MS } = deps;
  const traces = { trace: deps.trace ?? unrecorded(null), nudgeTraces: createNudgeTraces() };
  const changed = createCondition(clock);
  const room = createWaitingRoom(clock, changed);
  const sights = createWorkerSights(clock);
  const roster = createWorkerRoster();
  const reports = createReportBatcher({
    clock,
    random,
    edge,
    roster,
    idle: createCondition(clock),
    gatherMs,
    retryMs,
    onAnswer,
    log,
    metrics,
  });
  const handOver = createHandOver({ clock, random, edge, room, changed, release, log, metrics, ...traces });
  let stopping = false;
  let readyLookAt = 0;

  async function run(signal: AbortSignal): Promise<void> {
    const stop = () => {
      stopping = true;
      room.close();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    await Promise.all([
      handOver.run(signal),
      pullNudges(
        { clock, random, nudges, room, changed, handOver, idlePullMs, log, metrics, ...traces },
        signal,
      ),
      keepBeating(signal),
    ]);
    await reports.flush();
  }

  /** The edge reaps, relays and nudges when it is called: an idle bridge calls too. */
  async function keepBeating(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const worker of room.workers()) roster.heard(worker);
      reports.beat();
      metrics.waitingWorkers.set(room.workers().length);
      metrics.workers.set(sights.count());
      void measureDepth(signal);
      await clock.sleep(heartbeatMs, signal).catch(() => {});
    }
  }

  async function measureDepth(signal: AbortSignal): Promise<void> {
    try {
      metrics.nudgeBacklog.set(await within(clock, DEPTH_TIMEOUT_MS, signal, (s) => nudges.depth(s)));
      metrics.queueCalls.inc({ call: 'depth', result: 'answered' });
    } catch (error) {
      if (signal.aborted) return;
      metrics.queueCalls.inc({ call: 'depth', result: 'error' });
      log.debug({ err: error }, 'the depth of the queue is not known');
    }
  }

  function onAnswer(sent: readonly AttemptReport[], response: ReportResponse): void {
    metrics.queueDepth.set(response.readyTasks);
    const somethingEnded = sent.some(endsAttempt);
    const readyIsNews = response.readyTasks > 0 && clock.monotonic() >= readyLookAt;
    if (!somethingEnded && !readyIsNews) return;
    readyLookAt = clock.monotonic() + READY_LOOK_MS;
    void handOver.look(Math.max(1, response.readyTasks));
  }

  function hear(worker: WorkerInfo): void {
    roster.heard(worker);
    sights.saw(worker.id);
    deps.onWord?.(worker);
  }

  function release(assignment: Assignment): void {
    const { taskId, attempt, leaseToken } = assignment;
    const report = create(AttemptReportSchema, {
      taskId,
      attempt,
      leaseToken,
      event: { case: 'released', value: { reason: 'not_handed_over' } },
    });
    reports.submit([report]).catch((error) => {
      log.warn(
        { err: error, ...assignmentFields(assignment) },
        'a task could not be given back; the edge takes it back itself',
      );
    });
  }

  return {
    run,
    async claimTasks(request, options) {
      const { worker } = request;
      if (!worker?.id) throw new ConnectError('worker is missing', Code.InvalidArgument);
      if (stopping) throw new ConnectError('the bridge is stopping', Code.Unavailable);
      hear(worker);
      const waitMs = Math.min(request.waitMs, MAX_WAIT_MS);
      const assignments = await room.enter(worker, { ...request, waitMs }, options?.signal);
      return create(ClaimTasksResponseSchema, { assignments });
    },
    async report(request) {
      for (const worker of request.workers) hear(worker);
      if (request.workers.some(hasLeft)) reports.beat();
      const answers = await reports.submit(request.reports);
      return create(ReportResponseSchema, { answers });
    },
    async signUrls(request, options) {
      try {
        return await within(clock, SIGN_TIMEOUT_MS, options?.signal, (signal) =>
          edge.signUrls(request, { signal }),
        );
      } catch (error) {
        throw isTransient(error) ? edgeUnavailable(error) : error;
      }
    },
  };
}

/** A worker's last word. */
function hasLeft({ slots }: WorkerInfo): boolean {
  return slots === 0;
}

function endsAttempt(report: AttemptReport): boolean {
  switch (report.event.case) {
    case 'completed':
    case 'failed':
    case 'released':
      return true;
    case 'started':
    case 'heartbeat':
    case undefined:
      return false;
    default:
      return report.event satisfies never;
  }
}
