import type { WorkerInfo } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Clock } from '../clock/clock.ts';
import { within } from '../clock/within.ts';
import type { Logger } from '../logger.ts';
import type { WorkerPods } from './worker-pods.ts';

/** Pods are looked at this often, when there was news of their workers. */
const EVERY_MS = 10_000;

/** A worker between two tasks is not idle yet: a cost falls when it has been too high for this long. */
const HOLD_MS = 30_000;

/** A worker that is silent for this long is forgotten. */
const FORGET_MS = 300_000;

const CALL_LIMIT_MS = 10_000;

/** Patches under way at once. */
const TOGETHER = 10;

export interface DeletionCosts {
  heard(worker: WorkerInfo): void;
  /** Runs until the signal fires. */
  run(signal: AbortSignal): Promise<void>;
}

/** `busy` slots, and when the worker last had as many. */
interface Known {
  lastHad: Map<number, number>;
  since: number;
  isNews: boolean;
}

/**
 * Tells Kubernetes what the end of each worker's pod would cost: its busy slots. Scaling in then ends idle workers before
 * busy ones. A worker's machine is its pod's name. Every bridge hears from some of the workers and acts on news alone, so
 * that the last word stands; a number that cannot be set is set with the next news.
 */
export function createDeletionCosts(deps: { clock: Clock; pods: WorkerPods; log: Logger }): DeletionCosts {
  const { clock, pods, log } = deps;
  const known = new Map<string, Known>();
  let failing = false;

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(EVERY_MS, signal).catch(() => {});
      forgetSilent();
      const news = [...known].filter(([, worker]) => worker.isNews);
      if (signal.aborted || news.length === 0) continue;
      await within(clock, CALL_LIMIT_MS, signal, (s) => settle(new Map(news), s)).then(
        () => note(null),
        (error) => {
          if (!signal.aborted) note(error);
        },
      );
    }
  }

  function forgetSilent(): void {
    const limit = clock.monotonic() - FORGET_MS;
    for (const [pod, { lastHad }] of known) {
      if (Math.max(...lastHad.values()) < limit) known.delete(pod);
    }
  }

  async function settle(news: ReadonlyMap<string, Known>, signal: AbortSignal): Promise<void> {
    const costs = await pods.costs(signal);
    const changes = [...news].flatMap(([pod, worker]) => {
      const wanted = busyOf(worker);
      const cost = costs.get(pod);
      const tooEarly = cost !== undefined && wanted < cost && clock.monotonic() - worker.since < HOLD_MS;
      if (tooEarly) return [];
      worker.isNews = false;
      return cost === undefined || wanted === cost ? [] : [{ pod, worker, wanted }];
    });
    for (let i = 0; i < changes.length; i += TOGETHER) {
      await Promise.all(
        changes.slice(i, i + TOGETHER).map(async ({ pod, worker, wanted }) => {
          try {
            await pods.setCost(pod, wanted, signal);
          } catch (error) {
            worker.isNews = true;
            throw error;
          }
        }),
      );
    }
  }

  /** The most slots it had busy of late. */
  function busyOf({ lastHad }: Known): number {
    const limit = clock.monotonic() - HOLD_MS;
    const latest = Math.max(...lastHad.values());
    return Math.max(...[...lastHad].flatMap(([busy, at]) => (at > limit || at === latest ? [busy] : [])));
  }

  function note(error: unknown): void {
    if (error !== null && !failing) log.warn({ err: error }, 'the costs of ending workers are not told');
    if (error === null && failing) log.info('the costs of ending workers are told again');
    failing = error !== null;
  }

  return {
    heard(worker) {
      const now = clock.monotonic();
      const before = known.get(worker.machineId);
      const lastHad = (before?.lastHad ?? new Map<number, number>()).set(
        worker.slots - worker.freeSlots,
        now,
      );
      known.set(worker.machineId, { lastHad, since: before?.since ?? now, isNews: true });
    },
    run,
  };
}
