import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Blocks of sources on scratch disk, least recently used first to go. The disk is only ever a copy: losing a block costs a read. */
export interface BlockCache {
  get(name: string): Promise<Buffer | null>;
  /** True when `get` would probably find it. */
  has(name: string): boolean;
  /** Keeps a block if the disk lets us. */
  put(name: string, block: Buffer): Promise<void>;
  clear(): Promise<void>;
}

/** `directory` belongs to the cache alone: what lies there from an earlier run is removed. */
export async function openBlockCache(directory: string, capBytes: number): Promise<BlockCache> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const sizes = new Map<string, number>();
  let total = 0;

  const forget = (name: string) => {
    total -= sizes.get(name) ?? 0;
    sizes.delete(name);
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
      if (block.length > capBytes) return;
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
    },

    async clear() {
      sizes.clear();
      total = 0;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
