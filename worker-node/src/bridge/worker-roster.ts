import type { WorkerInfo } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';

/** Workers that were heard from since the edge was last told. */
export interface WorkerRoster {
  heard(worker: WorkerInfo): void;
  /** Everyone heard from since the last `take`. */
  take(): WorkerInfo[];
  /** Puts back what could not be delivered, unless there is newer word. */
  restore(workers: readonly WorkerInfo[]): void;
}

export function createWorkerRoster(): WorkerRoster {
  let byId = new Map<string, WorkerInfo>();
  return {
    heard(worker) {
      byId.set(worker.id, worker);
    },
    take() {
      const taken = [...byId.values()];
      byId = new Map();
      return taken;
    },
    restore(workers) {
      for (const worker of workers) if (!byId.has(worker.id)) byId.set(worker.id, worker);
    },
  };
}
