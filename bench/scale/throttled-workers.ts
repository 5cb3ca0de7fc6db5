import type { BenchStack } from '../stack/bench-stack.ts';
import { runJob } from '../stack/run-job.ts';
import { type CpuGroup, createCpuGroup } from './cpu-group.ts';

/** What every worker runs before it is held to its share, so that its code is compiled. */
export interface WarmUp {
  film: string;
  profile: object;
}

/**
 * Lends so many workers, fresh and warm, each held to a share of a CPU with all it starts. They are stopped afterwards.
 */
export async function withThrottledWorkers<T>(
  bench: BenchStack,
  { workers: count, cpus, warmUp }: { workers: number; cpus: number; warmUp: WarmUp },
  work: () => Promise<T>,
): Promise<T> {
  const groups: CpuGroup[] = [];
  try {
    await bench.stopWorkers();
    const workers = await bench.startWorkers(count);
    await runJob(await bench.freshProject(), warmUp.film, warmUp.profile);
    for (const { name, pid } of workers) {
      if (pid === undefined) throw new Error(`${name} has ended`);
      const group = await createCpuGroup(`millrace-bench-${process.pid}-${name}`, cpus);
      if (!group) throw new Error('no more control groups can be made');
      groups.push(group);
      await group.add(pid);
    }
    return await work();
  } finally {
    await bench.stopWorkers();
    for (const group of groups) await group.remove();
  }
}

/** Whether CPU shares can be given here at all. */
export async function canThrottle(): Promise<boolean> {
  const group = await createCpuGroup(`millrace-bench-${process.pid}-probe`, 0.2);
  await group?.remove();
  return group !== null;
}
