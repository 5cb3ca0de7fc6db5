import type { Clock } from '../clock/clock.ts';

/** A busy worker is heard from every ten seconds, and a waiting one keeps its call open. */
const IN_SIGHT_MS = 30_000;

/** Which workers are in sight, as a number for whoever watches. */
export interface WorkerSights {
  saw(workerId: string): void;
  /** Forgets those that have gone. */
  count(): number;
}

export function createWorkerSights(clock: Clock): WorkerSights {
  const seenAt = new Map<string, number>();
  return {
    saw(workerId) {
      seenAt.set(workerId, clock.monotonic());
    },
    count() {
      const gone = clock.monotonic() - IN_SIGHT_MS;
      for (const [id, at] of seenAt) if (at < gone) seenAt.delete(id);
      return seenAt.size;
    },
  };
}
