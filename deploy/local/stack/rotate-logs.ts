import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { StateDir } from './state-dir.ts';

/** Sets the logs of the stack before this one aside, and forgets those of the one before that. */
export async function rotateLogs(dir: StateDir): Promise<void> {
  const before = path.join(dir.logs, 'before');
  await rm(before, { recursive: true, force: true });
  await mkdir(before, { recursive: true });
  for (const file of await readdir(dir.logs)) {
    if (file.endsWith('.log')) await rename(path.join(dir.logs, file), path.join(before, file));
  }
}
