import type { ResultPromise } from 'execa';
import type { ChildMeter } from './child-meter.ts';

/** What a task is told of the programs that it runs. */
export interface MeteredTools {
  /** Absent: nobody counts. */
  childMeter?: ChildMeter;
  /** One has used so much CPU time. */
  onCpu?: (micros: number) => void;
}

/** Counts what a child costs, from its start to its end: not to that of its streams, which others may outlast. */
export function meterChild(
  { childMeter, onCpu }: MeteredTools,
  child: Pick<ResultPromise, 'pid' | 'nodeChildProcess'>,
): void {
  if (childMeter === undefined || child.pid === undefined) return;
  const own = childMeter.began(child.pid);
  child.nodeChildProcess.once('exit', () => onCpu?.(own.ended()));
}
