import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Linux counts CPU time in these, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;

/** What follows the name in /proc/PID/stat, which may hold blanks: `pgrp`, `utime` and `stime` of `man 5 proc`. */
const [GROUP, UTIME, STIME] = [2, 11, 12];

export interface ProgramUse {
  /** The most that one of its processes ever had in memory. */
  peakBytes: number;
  /** All together. */
  cpuSeconds: number;
}

/** What the processes of a group that run this program have taken so far; nothing where the system does not say. */
export function programUse(groupId: number, program: string): ProgramUse {
  const use: ProgramUse = { peakBytes: 0, cpuSeconds: 0 };
  for (const pid of processes()) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[GROUP]) !== groupId) continue;
      if (path.basename(readlinkSync(`/proc/${pid}/exe`)) !== program) continue;
      const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      use.peakBytes = Math.max(use.peakBytes, Number(peak ?? 0) * 1024);
      use.cpuSeconds += (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
    } catch {
      // It has ended in the meantime.
    }
  }
  return use;
}

function processes(): string[] {
  try {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}
