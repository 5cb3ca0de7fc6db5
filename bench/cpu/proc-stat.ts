/** What Linux says of a process in `/proc/PID/stat`. */
export interface ProcStat {
  pid: number;
  parentPid: number;
  /** User and system time of its own. */
  ownSeconds: number;
  /** The same of all its descendants that have ended and been waited for. */
  endedSeconds: number;
}

/** USER_HZ: what these files count in on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Throws on anything else than such a line. */
export function parseProcStat(line: string): ProcStat {
  // The name in parentheses may hold spaces and parentheses; state, parent and so on follow the last one.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const pid = Number.parseInt(line, 10);
  const parentPid = Number(fields[1]);
  const ticks = fields.slice(11, 15).map(Number);
  if (![pid, parentPid, ...ticks].every(Number.isInteger) || ticks.length !== 4) {
    throw new Error(`no line of /proc/PID/stat: ${line}`);
  }
  const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = ticks;
  return {
    pid,
    parentPid,
    ownSeconds: (user + system) / TICKS_PER_SECOND,
    endedSeconds: (endedUser + endedSystem) / TICKS_PER_SECOND,
  };
}
