import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Blocks of sources on scratch disk, least recently used first to go. The disk is only ever a copy: losing a block costs a read. */
export interface BlockCache {
  get(name: string): Promise<Buffer | null>;
  /** True when `get` would probably find it. */
  has(name: string): boolean;
  /** Keeps a block if the disk lets us. */
  put(name: string, block: Buffer): Promise<void>;
  /** Removes everything, for good: what comes later is not kept. */
  clear(): Promise<void>;
}

/** `directory` belongs to the cache alone: what lies there from an earlier run is removed. */
export async function openBlockCache(directory: string, capBytes: number): Promise<BlockCache> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const sizes = new Map<string, number>();
  const writing = new Set<Promise<void>>();
  let total = 0;
  let cleared = false;

  const forget = (name: string) => {
    total -= sizes.get(name) ?? 0;
    sizes.delete(name);
  };

  const write = async (name: string, block: Buffer) => {
    try {
      await writeFile(join(directory, name), block);
    } catch {
      await rm(join(directory, name), { force: true });
      return;
    }
    forget(name);
    sizes.set(name, block.length);
    total += block.length;
    for (const oldest of sizes.keys()) {
      if (total <= capBytes) break;
      forget(oldest);
      await rm(join(directory, oldest), { force: true });
    }
  };

  return {
    async get(name) {
      const size = sizes.get(name);
      if (size === undefined) return null;
      sizes.delete(name);
      sizes.set(name, size);
      const block = await readFile(join(directory, name)).catch(() => null);
      if (block?.length === size) return block;
      if (sizes.get(name) === size) forget(name);
      return null;
    },

    has: (name) => sizes.has(name),

    async put(name, block) {
      if (cleared || block.length > capBytes) return;
      const written = write(name, block);
      writing.add(written);
      try {
        await written;
      } finally {
        writing.delete(written);
      }
    },

    async clear() {
      cleared = true;
      // A file that appears in a directory while it is being removed would keep it there.
      await Promise.allSettled(writing);
      sizes.clear();
      total = 0;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
