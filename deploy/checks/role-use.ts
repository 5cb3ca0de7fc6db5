import type { Stack } from '@millrace/local/stack.ts';
import type { PromClient } from '../prometheus/live/prom-client.ts';
import { programUse } from './program-use.ts';

const MIB = 1024 ** 2;

/** A worker's memory is its own and that of what it runs, as its pod's limit counts them. */
const MEMORY = {
  worker:
    'process_resident_memory_bytes{job="millrace-worker"} + on(instance) child_resident_memory_bytes{job="millrace-worker"}',
  bridge: 'process_resident_memory_bytes{job="millrace-bridge"}',
  grpc: 'process_resident_memory_bytes{job="millrace-grpc"}',
};

const CPU = {
  worker:
    'sum(process_cpu_seconds_total{job="millrace-worker"}) + (sum(task_cpu_seconds_sum{job="millrace-worker"}) or vector(0))',
  bridge: 'sum(process_cpu_seconds_total{job="millrace-bridge"})',
  grpc: 'sum(process_cpu_seconds_total{job="millrace-grpc"})',
};

const ROLES = ['worker', 'bridge', 'grpc'] as const;

/**
 * A line for each role: the most memory that one of its processes had, and the CPU time of all. The fleet's is what its
 * metrics told within the last seconds; edge and queue tell none, and the kernel is asked for their workerd.
 */
export async function roleUse(prom: PromClient, stack: Stack, lastSeconds: number): Promise<string[]> {
  const fleet = ROLES.map(async (role) =>
    line(role, await prom.highest(MEMORY[role], lastSeconds), await prom.highest(CPU[role], lastSeconds)),
  );
  const runtimes = [stack.edge, stack.queue].map(({ name, pid }) => {
    const { peakBytes, cpuSeconds } = programUse(pid ?? 0, 'workerd');
    return line(`${name}’s workerd`, peakBytes, cpuSeconds);
  });
  return [...(await Promise.all(fleet)), ...runtimes];
}

function line(who: string, bytes: number, cpuSeconds: number): string {
  return `${who}: ${Math.round(bytes / MIB)} MiB at most, ${Math.round(cpuSeconds)} s of CPU`;
}
