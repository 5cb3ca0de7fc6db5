import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Where attempts keep their files while they run. */
export interface Scratch {
  /** A new, empty directory. */
  create(name: string): Promise<string>;
  remove(directory: string): Promise<void>;
  /** Removes what earlier lives of this worker left behind. */
  clear(): Promise<void>;
}

/** `root` belongs to one worker process at a time, and to nobody else. */
export function createScratch(root: string): Scratch {
  return {
    async create(name) {
      const directory = join(root, name);
      await rm(directory, { recursive: true, force: true });
      await mkdir(directory, { recursive: true });
      return directory;
    },
    async remove(directory) {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
    },
    async clear() {
      await mkdir(root, { recursive: true });
      const leftovers = await readdir(root);
      await Promise.all(leftovers.map((name) => rm(join(root, name), { recursive: true, force: true })));
    },
  };
}
