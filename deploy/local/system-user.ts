import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface SystemUser {
  uid: number;
  gid: number;
}

const run = promisify(execFile);

/** Whom root lets run what must not be root's: `postgres` where there is one, else `nobody`. */
export async function unprivilegedUser(): Promise<SystemUser> {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([numericId('-u', name), numericId('-g', name)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('Postgres refuses to run as root, and there is neither a user «postgres» nor «nobody»');
}

/** Whether a user can reach what is in a folder. Only root may ask. */
export async function canReach(user: SystemUser, dir: string): Promise<boolean> {
  try {
    await run('/bin/sh', ['-c', 'test -x "$1"', 'sh', dir], { ...user, cwd: '/', timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

async function numericId(option: '-u' | '-g', name: string): Promise<number | undefined> {
  try {
    const { stdout } = await run('id', [option, name], { timeout: 5_000 });
    return Number(stdout);
  } catch {
    return undefined;
  }
}
