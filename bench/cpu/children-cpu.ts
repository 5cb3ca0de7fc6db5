import { readFileSync } from 'node:fs';
import { parseProcStat } from './proc-stat.ts';

/** CPU seconds of this process's descendants that have ended so far. Needs Linux. */
export function endedChildrenCpuSeconds(): number {
  return parseProcStat(readFileSync('/proc/self/stat', 'utf8')).endedSeconds;
}
