import { readFileSync } from 'node:fs';

/** What the programs cost that a process runs: ffmpeg and ffprobe. */
export interface ChildMeter {
  /**
   * A program runs from now on. To be told its end at once, in the very turn of the event loop: the answer is the CPU time
   * that it used, in microseconds, and that of those nobody told the end of. 0 where the system does not say.
   */
  began(pid: number): { ended(): number };
  /** Memory of those that run now, in bytes; 0 where the system does not say. */
  residentBytes(): number;
}

/** Linux counts in these for every program, whatever the kernel's own clock. */
const TICKS_PER_SECOND = 100;
/** Of /proc/PID/status, which tells it whatever the size of the kernel's pages. */
const RESIDENT = /^VmRSS:\s*(\d+) kB$/m;
/** Fields of /proc/self/stat behind the name, which may hold blanks: cutime and cstime, 16 and 17 of `man 5 proc`. */
const [CUTIME, CSTIME] = [13, 14];

/**
 * Node says nothing of its children's use, but Linux keeps the sum of those it has waited for, killed ones too: what it
 * has grown by when one ends is that one's. Two that end in the same turn are counted together, with the first.
 */
export function createChildMeter(read = readProc): ChildMeter {
  const running = new Set<number>();
  let countedTicks = waitedTicks(read);
  return {
    began(pid) {
      running.add(pid);
      return {
        ended() {
          running.delete(pid);
          const ticks = waitedTicks(read);
          const grown = Math.max(0, ticks - countedTicks);
          countedTicks = ticks;
          return Math.round((grown * 1_000_000) / TICKS_PER_SECOND);
        },
      };
    },
    residentBytes() {
      let kilobytes = 0;
      for (const pid of running)
        kilobytes += Number(RESIDENT.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? 0);
      return kilobytes * 1024;
    },
  };
}

function waitedTicks(read: typeof readProc): number {
  const stat = read('/proc/self/stat');
  if (stat === null) return 0;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[CUTIME] ?? 0) + Number(fields[CSTIME] ?? 0);
}

/** Null where there is no such file: another system, or a program that has just ended. */
function readProc(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
