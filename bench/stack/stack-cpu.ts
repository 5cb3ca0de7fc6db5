import { readProcesses } from '../cpu/read-processes.ts';
import { treeCpuSeconds } from '../cpu/tree-cpu.ts';
import type { BenchStack } from './bench-stack.ts';

/** CPU seconds used so far, by who used them. */
export interface StackCpu {
  /** With all their FFmpegs. */
  workers: number;
  edge: number;
  /** The stand-in for R2. */
  storage: number;
  /** Postgres, Redis, queue, bridge, gateways. */
  rest: number;
  /** The stand-ins for Neon and Upstash, which run in this very process, and following the job. */
  own: number;
  /** All of them. */
  total: number;
}

export function stackCpu({ stack, storagePid }: BenchStack): StackCpu {
  const processes = readProcesses();
  const tree = (pid: number | undefined) => (pid === undefined ? 0 : treeCpuSeconds(pid, processes));
  const sum = (pids: (number | undefined)[]) => pids.reduce<number>((total, pid) => total + tree(pid), 0);
  const { postgres, redis, queue, graphql, grpc, bridge } = stack;
  const { user, system } = process.cpuUsage();
  const parts = {
    workers: sum(stack.workers.map(({ pid }) => pid)),
    edge: tree(stack.edge.pid),
    storage: tree(storagePid),
    rest: sum([postgres, redis, queue, graphql, grpc, bridge].map(({ pid }) => pid)),
    own: (user + system) / 1e6,
  };
  return { ...parts, total: Object.values(parts).reduce((a, b) => a + b, 0) };
}

export function cpuBetween(before: StackCpu, after: StackCpu): StackCpu {
  return {
    workers: after.workers - before.workers,
    edge: after.edge - before.edge,
    storage: after.storage - before.storage,
    rest: after.rest - before.rest,
    own: after.own - before.own,
    total: after.total - before.total,
  };
}
