import { statfs } from 'node:fs/promises';
import { TaskFailure } from '../task-failure.ts';

const ALMOST_NOTHING_BYTES = 16 * 1024 * 1024;

/** ffmpeg reports a full disk like any other failure: asked before a failed write is blamed on the source. */
export async function throwIfDiskFull(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < ALMOST_NOTHING_BYTES) {
    throw new TaskFailure('out_of_resources', 'there is no room left on the scratch disk');
  }
}
