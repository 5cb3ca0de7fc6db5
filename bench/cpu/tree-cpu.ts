import type { ProcStat } from './proc-stat.ts';

/**
 * CPU seconds that a process and its descendants have used so far: those that live, and those that ended and were
 * waited for by one that lives. Grows by what they use between two looks, whoever came and went meanwhile.
 */
export function treeCpuSeconds(root: number, processes: readonly ProcStat[]): number {
  const childrenOf = Map.groupBy(processes, ({ parentPid }) => parentPid);
  const self = processes.find(({ pid }) => pid === root);
  let seconds = self ? self.ownSeconds + self.endedSeconds : 0;
  const left = [root];
  for (let pid = left.pop(); pid !== undefined; pid = left.pop()) {
    for (const child of childrenOf.get(pid) ?? []) {
      seconds += child.ownSeconds + child.endedSeconds;
      left.push(child.pid);
    }
  }
  return seconds;
}
