import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetUpError } from './step.mjs';

const pollMs = 200;
const longestWaitMs = 15 * 60_000;

/**
 * Runs `work` while no other set-up of this checkout runs. The lock file holds its owner's process id;
 * the lock of a process that is gone is taken over.
 */
export async function withSetUpLock(root, work) {
  const file = join(root, '.local', 'set-up.lock');
  mkdirSync(join(root, '.local'), { recursive: true });
  await acquire(file);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

async function acquire(file) {
  const giveUpAt = Date.now() + longestWaitMs;
  let told = false;
  while (!take(file)) {
    const owner = Number(readIfThere(file));
    if (owner > 0 && !isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) console.error(`Waiting for another set-up of this checkout (process ${owner}) …`);
    told = true;
    if (Date.now() > giveUpAt)
      throw new SetUpError(`Another set-up still holds ${file}. Remove it if none runs.`);
    await sleep(pollMs);
  }
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return '';
    throw error;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
