import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A control group that holds its processes, and all they start, to a share of the CPU. */
export interface CpuGroup {
  add(pid: number): Promise<void>;
  /** When its processes have ended. */
  remove(): Promise<void>;
}

const ROOT = '/sys/fs/cgroup';
/** Short, so that a process that has used up its share does not stand still for long. */
const PERIOD_MICROS = 50_000;
const REMOVE_TRIES = 100;
const REMOVE_EVERY_MS = 50;

/** Null where no such group can be made: neither version of cgroups is there, or it cannot be written. */
export async function createCpuGroup(name: string, cpus: number): Promise<CpuGroup | null> {
  const quotaMicros = Math.round(cpus * PERIOD_MICROS);
  for (const folder of await parents()) {
    const group = path.join(folder, name);
    try {
      await mkdir(group);
    } catch {
      continue;
    }
    try {
      if (existsSync(path.join(group, 'cpu.cfs_quota_us'))) {
        await writeFile(path.join(group, 'cpu.cfs_period_us'), String(PERIOD_MICROS));
        await writeFile(path.join(group, 'cpu.cfs_quota_us'), String(quotaMicros));
      } else {
        await writeFile(path.join(group, 'cpu.max'), `${quotaMicros} ${PERIOD_MICROS}`);
      }
      return {
        add: (pid) => writeFile(path.join(group, 'cgroup.procs'), String(pid)),
        remove: () => remove(group),
      };
    } catch {
      await rmdir(group);
    }
  }
  return null;
}

/** Where groups may be made: below our own group, or at the root; first by version 1, then by version 2. */
async function parents(): Promise<string[]> {
  const own = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const pathOf = (isIt: (controllers: string) => boolean) =>
    own
      .split('\n')
      .map((line) => line.split(':'))
      .find(([, controllers]) => controllers !== undefined && isIt(controllers))?.[2] ?? '/';
  const v1 = pathOf((controllers) => controllers.split(',').includes('cpu'));
  const v2 = pathOf((controllers) => controllers === '');
  const unified = [path.join(ROOT, v2), ROOT];
  // A controller must be handed down before a group below has it; where it cannot be, the group is of no use and not kept.
  for (const folder of unified)
    await writeFile(path.join(folder, 'cgroup.subtree_control'), '+cpu').catch(() => {});
  const first = [path.join(ROOT, 'cpu', v1), path.join(ROOT, 'cpu'), path.join(ROOT, 'cpu,cpuacct', v1)];
  return [...new Set([...first, ...unified])].filter((folder) =>
    existsSync(path.join(folder, 'cgroup.procs')),
  );
}

/** A group that has just emptied is busy for a moment. */
async function remove(group: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await rmdir(group);
    } catch (error) {
      if (tries === REMOVE_TRIES) throw error;
      await sleep(REMOVE_EVERY_MS);
    }
  }
}
