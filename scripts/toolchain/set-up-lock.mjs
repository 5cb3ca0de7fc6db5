import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetUpError } from './step.mjs';

const pollMs = 200;
const longestWaitMs = 15 * 60_000;
/** Looking and writing take milliseconds: a turn this old belongs to a process that was killed in the middle. */
const longestTurnMs = 5_000;

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
  const giveUpAtMs = performance.now() + longestWaitMs;
  let told = false;
  while (!take(file)) {
    if (!told) console.error('Waiting for another set-up of this checkout …');
    told = true;
    if (performance.now() > giveUpAtMs) {
      throw new SetUpError(`Another set-up still holds ${file}. Remove it if none runs.`);
    }
    await sleep(pollMs);
  }
}

function take(file) {
  const turn = `${file}.turn`;
  if (!madeFolder(turn)) {
    if (ageMs(turn) > longestTurnMs) rmSync(turn, { recursive: true, force: true });
    return false;
  }
  try {
    if (isAlive(ownerOf(file))) return false;
    writeFileSync(file, String(process.pid));
    return true;
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

function ownerOf(file) {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return Number.NaN;
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function madeFolder(path) {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function ageMs(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? 0 : Date.now() - found.mtimeMs;
}
