import type { WorkerInfo } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Clock } from '../clock/clock.ts';
import { within } from '../clock/within.ts';
import type { Logger } from '../logger.ts';
import type { WorkerPods } from './worker-pods.ts';

/** Pods are looked at this often, when there was news of their workers. */
const EVERY_MS = 10_000;

/** A look is as long as the fleet is large: two thousand workers are looked at every half minute. */
const FOR_EACH_WORKER_MS = 15;

const SELDOMEST_MS = 60_000;

/**
 * A worker between two tasks is not idle yet, nor is one that spoke of its tasks to other bridges: a cost falls when nothing
 * was heard of work for this long.
 */
const HOLD_MS = 60_000;

/** A worker that is silent for this long is forgotten. */
const FORGET_MS = 300_000;

const CALL_LIMIT_MS = 10_000;

/** Patches after one look; what remains is done after the next. */
const MOST_PATCHES = 200;

/** Patches under way at once. */
const TOGETHER = 10;

const IDLE = 0;
const BUSY = 1;

export interface DeletionCosts {
  heard(worker: WorkerInfo): void;
  /** Runs until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
}

interface Known {
  heardAt: number;
  /** When it last had a task. */
  busyAt: number;
  /** When its pod was first found dear though it had not spoken of work; null once it did. */
  idleSince: number | null;
  isNews: boolean;
}

/**
 * Tells Kubernetes which workers' pods are dear: those with work. Scaling in then ends idle workers before busy ones. How
 * much work makes no difference, so that a pod is patched only when its worker takes up work or has been without it for a
 * while. A worker's machine is its pod's name. What a worker says reaches now this bridge, now that one: each acts on its own
 * news, after a look at what the others have set.
 */
export function createDeletionCosts(deps: { clock: Clock; pods: WorkerPods; log: Logger }): DeletionCosts {
  const { clock, pods, log } = deps;
  const known = new Map<string, Known>();
  let failing = false;

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pauseMs = Math.max(EVERY_MS, Math.min(SELDOMEST_MS, known.size * FOR_EACH_WORKER_MS));
      await clock.sleep(pauseMs, signal).catch(() => {});
      forgetSilent();
      const news = [...known].filter(([, worker]) => worker.isNews);
      if (signal.aborted || news.length === 0) continue;
      await within(clock, CALL_LIMIT_MS, signal, (s) => settle(news, s)).then(
        () => note(null),
        (error) => {
          if (!signal.aborted) note(error);
        },
      );
    }
  }

  function forgetSilent(): void {
    const limit = clock.monotonic() - FORGET_MS;
    for (const [pod, { heardAt }] of known) if (heardAt < limit) known.delete(pod);
  }

  async function settle(news: readonly [string, Known][], signal: AbortSignal): Promise<void> {
    const costs = await pods.costs(signal);
    const now = clock.monotonic();
    const changes = news.flatMap(([pod, worker]) => {
      const cost = costs.get(pod);
      const isBusy = worker.busyAt === worker.heardAt || now - worker.busyAt < HOLD_MS;
      const isDear = cost !== undefined && cost > IDLE;
      if (isDear && worker.busyAt !== worker.heardAt) worker.idleSince ??= now;
      if (cost === undefined || isDear === isBusy) {
        worker.isNews = false;
        return [];
      }
      if (isBusy) return [{ pod, worker, wanted: BUSY }];
      // Another bridge may hear more of it than this one.
      const isSettled = worker.idleSince !== null && now - worker.idleSince >= HOLD_MS;
      return isSettled ? [{ pod, worker, wanted: IDLE }] : [];
    });
    const dearFirst = changes.sort((a, b) => b.wanted - a.wanted).slice(0, MOST_PATCHES);
    const failures: unknown[] = [];
    for (let i = 0; i < dearFirst.length; i += TOGETHER) {
      const patched = dearFirst.slice(i, i + TOGETHER).map(async ({ pod, worker, wanted }) => {
        await pods.setCost(pod, wanted, signal);
        worker.isNews = false;
      });
      for (const patch of await Promise.allSettled(patched)) {
        if (patch.status === 'rejected') failures.push(patch.reason);
      }
      signal.throwIfAborted();
    }
    if (failures.length > 0) throw failures[0];
  }

  function note(error: unknown): void {
    if (error !== null && !failing) log.warn({ err: error }, 'the costs of ending workers are not told');
    if (error === null && failing) log.info('the costs of ending workers are told again');
    failing = error !== null;
  }

  return {
    heard({ machineId, slots, freeSlots }) {
      const now = clock.monotonic();
      const before = known.get(machineId);
      const isBusy = slots > freeSlots;
      known.set(machineId, {
        heardAt: now,
        busyAt: isBusy ? now : (before?.busyAt ?? Number.NEGATIVE_INFINITY),
        idleSince: isBusy ? null : (before?.idleSince ?? null),
        isNews: true,
      });
    },
    run,
  };
}
