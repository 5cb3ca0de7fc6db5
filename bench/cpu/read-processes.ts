import { readdirSync, readFileSync } from 'node:fs';
import { type ProcStat, parseProcStat } from './proc-stat.ts';

/** Every process there is now. Needs Linux. */
export function readProcesses(): ProcStat[] {
  if (process.platform !== 'linux')
    throw new Error('CPU time of other processes is read from /proc: on Linux only');
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    const line = readStat(entry);
    return line === null ? [] : [parseProcStat(line)];
  });
}

/** Null when the process has just ended. */
function readStat(pid: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
}
