import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import {
  type AttemptAnswer,
  type AttemptReport,
  ReportRequestSchema,
  type ReportResponse,
  Verdict,
  type WorkerInfo,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import type { Condition } from '../clock/condition.ts';
import { within } from '../clock/within.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import { isTransient } from '../fleet/is-transient.ts';
import type { Logger } from '../logger.ts';
import type { BridgeMetrics } from './bridge-metrics.ts';
import { edgeUnavailable } from './edge-unavailable.ts';
import type { WorkerRoster } from './worker-roster.ts';

/** Reports in one call. */
const MAX_BATCH = 200;

/** Calls under way at once. While all are, reports gather for the next. */
const MAX_CALLS = 4;

const CALL_TIMEOUT_MS = 5_000;

export interface ReportBatcher {
  /** Sends reports on, in one call with those of others. Answers come in the order of the reports. */
  submit(reports: readonly AttemptReport[]): Promise<AttemptAnswer[]>;
  /** Calls the edge now, even with nothing to report, and names the workers that were heard from. */
  beat(): void;
  /** Sends what has gathered and waits until every call has ended. */
  flush(): Promise<void>;
}

export interface ReportBatcherDeps {
  clock: Clock;
  random: Random;
  edge: FleetClient;
  roster: WorkerRoster;
  idle: Condition;
  /** A plain heartbeat waits this long for company. */
  gatherMs: number;
  /** From then on, a report that the edge could not take goes back to its worker. */
  retryMs: number;
  onAnswer(reports: readonly AttemptReport[], response: ReportResponse): void;
  log: Logger;
  metrics: BridgeMetrics;
}

interface Entry {
  readonly report: AttemptReport;
  readonly since: number;
  urgent: boolean;
  resolve(answer: AttemptAnswer): void;
  reject(error: unknown): void;
}

/**
 * Gathers the reports of all workers into few calls. News goes at once, with whatever has gathered; plain heartbeats
 * wait a moment. Repeating is safe: the edge answers a repeated report as it did before. Only beats name workers: the edge
 * takes a call that does for the bridge's own heartbeat, and polices leases after it.
 */
export function createReportBatcher(deps: ReportBatcherDeps): ReportBatcher {
  const { clock, random, edge, roster, idle, log, metrics } = deps;
  let queue: Entry[] = [];
  let resting = 0;
  let calls = 0;
  let failuresInARow = 0;
  let beatIsDue = false;
  let gathering = false;

  function submit(reports: readonly AttemptReport[]): Promise<AttemptAnswer[]> {
    const answers = reports.map(
      (report) =>
        new Promise<AttemptAnswer>((resolve, reject) => {
          queue.push({ report, since: clock.monotonic(), urgent: isNews(report), resolve, reject });
        }),
    );
    sendOrWait();
    return Promise.all(answers);
  }

  function sendOrWait(): void {
    while (calls < MAX_CALLS && (beatIsDue || queue.some(isDue))) {
      const workers = beatIsDue ? roster.take() : [];
      beatIsDue = false;
      const batch = queue.slice(0, MAX_BATCH);
      queue = queue.slice(MAX_BATCH);
      calls += 1;
      void call(batch, workers).finally(() => {
        calls -= 1;
        sendOrWait();
        if (calls === 0) idle.notify();
      });
    }
    if (queue.length === 0 || calls >= MAX_CALLS || gathering) return;
    gathering = true;
    clock.setTimer(deps.gatherMs, () => {
      gathering = false;
      sendOrWait();
    });
  }

  function isDue(entry: Entry): boolean {
    return entry.urgent || clock.monotonic() - entry.since >= deps.gatherMs;
  }

  async function call(batch: readonly Entry[], workers: WorkerInfo[]): Promise<void> {
    const reports = batch.map((entry) => entry.report);
    metrics.reportBatchSize.observe(reports.length);
    try {
      const request = create(ReportRequestSchema, { workers, reports });
      const response = await within(clock, CALL_TIMEOUT_MS, undefined, (signal) =>
        edge.report(request, { signal }),
      );
      const answered = pair(batch, response);
      failuresInARow = 0;
      metrics.reportCalls.inc({ result: 'answered' });
      settle(answered);
      deps.onAnswer(reports, response);
    } catch (error) {
      failuresInARow += 1;
      metrics.reportCalls.inc({ result: 'error' });
      log.warn({ err: error, count: reports.length }, 'the edge did not take reports');
      roster.restore(workers);
      const transient = isTransient(error);
      again(
        batch.map((entry) => ({
          entry,
          giveUp: () => entry.reject(transient ? edgeUnavailable(error) : error),
        })),
        transient,
      );
    }
  }

  function settle(answered: readonly { entry: Entry; answer: AttemptAnswer }[]): void {
    for (const { entry, answer } of answered) {
      if (answer.verdict !== Verdict.RETRY) entry.resolve(answer);
    }
    const refused = answered.filter(({ answer }) => answer.verdict === Verdict.RETRY);
    again(
      refused.map(({ entry, answer }) => ({ entry, giveUp: () => entry.resolve(answer) })),
      true,
    );
  }

  /** Puts entries back after a rest, and gives up those whose time is over. */
  function again(entries: readonly { entry: Entry; giveUp: () => void }[], worthIt: boolean): void {
    const restMs = backoffMs(Math.max(1, failuresInARow), random);
    const kept: Entry[] = [];
    for (const { entry, giveUp } of entries) {
      const spentMs = clock.monotonic() + restMs - entry.since;
      if (worthIt && spentMs < deps.retryMs) kept.push(entry);
      else giveUp();
    }
    if (kept.length === 0) return;
    resting += 1;
    clock.setTimer(restMs, () => {
      resting -= 1;
      for (const entry of kept) entry.urgent = true;
      queue = [...kept, ...queue];
      sendOrWait();
    });
  }

  return {
    submit,
    beat() {
      beatIsDue = true;
      sendOrWait();
    },
    async flush() {
      for (const entry of queue) entry.urgent = true;
      sendOrWait();
      while (calls > 0 || resting > 0 || queue.length > 0) await idle.wait(null);
    },
  };
}

/** Everything but a plain heartbeat changes what others see or do. */
function isNews(report: AttemptReport): boolean {
  if (report.event.case !== 'heartbeat') return true;
  const { inits, segments } = report.event.value;
  return inits.length > 0 || segments.length > 0;
}

function pair(batch: readonly Entry[], response: ReportResponse): { entry: Entry; answer: AttemptAnswer }[] {
  return batch.map((entry, i) => {
    const answer = response.answers[i];
    if (answer?.taskId !== entry.report.taskId || answer.attempt !== entry.report.attempt) {
      throw new ConnectError('the edge answered other reports than were sent', Code.Internal);
    }
    return { entry, answer };
  });
}
