import type { OpenSpan, Trace } from '@millrace/shared/trace/trace.ts';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import type { Condition } from '../clock/condition.ts';
import { within } from '../clock/within.ts';
import type { Logger } from '../logger.ts';
import type { BridgeMetrics } from './bridge-metrics.ts';
import type { HandOver } from './hand-over.ts';
import type { Nudge, NudgeSource, Settlement } from './nudge-source.ts';
import type { NudgeTraces } from './nudge-traces.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** The most that a pull may ask for. */
const BATCH = 100;

const CALL_TIMEOUT_MS = 10_000;

export interface PullDeps {
  clock: Clock;
  random: Random;
  nudges: NudgeSource;
  room: WaitingRoom;
  /** Notified when somebody begins to wait. */
  changed: Condition;
  handOver: HandOver;
  /** Between two pulls when the first found nothing. */
  idlePullMs: number;
  log: Logger;
  metrics: BridgeMetrics;
  trace: Trace;
  nudgeTraces: NudgeTraces;
}

/**
 * Pulls nudges while workers wait and turns them into looks for work. What was pulled is acknowledged once a claim has
 * reached the edge, whether or not it found something: from then on the database knows all that the nudges said.
 */
export async function pullNudges(deps: PullDeps, signal: AbortSignal): Promise<void> {
  const { clock, room, changed, handOver, log, metrics } = deps;
  const settling = new Set<Promise<void>>();
  let failuresInARow = 0;
  let nextPullAt = 0;

  while (!signal.aborted) {
    if (room.idle() === 0 || !handOver.reachesEdge()) {
      await changed.wait(null, signal);
      continue;
    }
    const earlyMs = nextPullAt - clock.monotonic();
    if (earlyMs > 0) {
      await clock.sleep(earlyMs, signal).catch(() => {});
      continue;
    }
    const begunAt = clock.monotonic();
    const pulled = await pull();
    if (pulled === null) {
      failuresInARow += 1;
      nextPullAt = clock.monotonic() + Math.max(deps.idlePullMs, backoffMs(failuresInARow, deps.random));
      continue;
    }
    failuresInARow = 0;
    nextPullAt = pulled.length > 0 ? 0 : begunAt + deps.idlePullMs;
    if (pulled.length > 0) await handle(pulled);
  }
  await Promise.all(settling);

  /** Null when the queue could not be asked. */
  async function pull(): Promise<Nudge[] | null> {
    try {
      const pulled = await within(clock, CALL_TIMEOUT_MS, signal, (s) => deps.nudges.pull(BATCH, s));
      metrics.queueCalls.inc({ call: 'pull', result: 'answered' });
      metrics.nudgesPulled.inc(pulled.length);
      for (const nudge of pulled)
        metrics.nudgeAgeSeconds.observe(Math.max(0, clock.now() - nudge.sentAt) / 1000);
      return pulled;
    } catch (error) {
      if (signal.aborted) return null;
      metrics.queueCalls.inc({ call: 'pull', result: 'error' });
      log.warn({ err: error }, 'nudges could not be pulled');
      return null;
    }
  }

  async function handle(pulled: Nudge[]): Promise<void> {
    const spans = pulled.map(beginReceiving);
    const hints = pulled.flatMap((nudge) => (nudge.taskId === null ? [] : [nudge.taskId]));
    const outcome = await handOver.look(pulled.length, hints);
    log.debug({ count: pulled.length, outcome }, 'nudges pulled');
    const settlement = outcome === 'claimed' ? { done: pulled, again: [] } : { done: [], again: pulled };
    const call: Promise<void> = settle(settlement).finally(() => {
      settling.delete(call);
      for (const span of spans) span.end();
    });
    settling.add(call);
  }

  /** From here until the nudge is settled; the claim of its task is hung below. */
  function beginReceiving({ taskId, traceparent, sentAt }: Nudge): OpenSpan {
    const span = deps.trace.below(traceparent).begin('receive nudge', {
      kind: 'consumer',
      attributes: {
        'messaging.operation.name': 'receive',
        'millrace.task_id': taskId ?? '',
        'millrace.queued_ms': Math.max(0, clock.now() - sentAt),
      },
    });
    if (taskId !== null && span.trace.isRecording) deps.nudgeTraces.received(taskId, span.trace);
    return span;
  }

  async function settle(settlement: Settlement): Promise<void> {
    try {
      await within(clock, CALL_TIMEOUT_MS, undefined, (s) => deps.nudges.settle(settlement, s));
      metrics.queueCalls.inc({ call: 'settle', result: 'answered' });
      metrics.nudgesSettled.inc({ how: 'acked' }, settlement.done.length);
      metrics.nudgesSettled.inc({ how: 'given_back' }, settlement.again.length);
    } catch (error) {
      metrics.queueCalls.inc({ call: 'settle', result: 'error' });
      log.warn({ err: error }, 'nudges could not be settled; they will come again');
    }
  }
}
