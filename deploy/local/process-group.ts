import { readdirSync, readFileSync } from 'node:fs';

/** Sends a signal to every process of a group. A group that is already gone is no error. */
export function signalGroup(groupId: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-groupId, signal);
  } catch (error) {
    if (!isNoSuchProcess(error)) throw error;
  }
}

/** Whether any process of the group still runs. */
export function groupIsAlive(groupId: number): boolean {
  try {
    process.kill(-groupId, 0);
  } catch (error) {
    if (isNoSuchProcess(error)) return false;
    throw error;
  }
  return process.platform !== 'linux' || hasLivingMember(groupId);
}

// In a container whose first process reaps nobody, orphans stay behind as zombies: they still take signal 0,
// but have ended.
function hasLivingMember(groupId: number): boolean {
  return readdirSync('/proc').some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    const stat = readStat(entry);
    if (stat === undefined) return false;
    // The name in parentheses may hold spaces; state, parent and group follow it.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === groupId && state !== 'Z' && state !== 'X';
  });
}

function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
}

// EPERM is how macOS answers for a group of nothing but zombies.
function isNoSuchProcess(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM');
}
