import type { Scratch } from '../worker/scratch.ts';

/** Scratch space of names only. */
export interface FakeScratch extends Scratch {
  present: Set<string>;
}

export function createFakeScratch(): FakeScratch {
  const present = new Set<string>();
  return {
    present,
    async create(name) {
      present.add(name);
      return name;
    },
    async remove(name) {
      present.delete(name);
    },
    async clear() {
      present.clear();
    },
  };
}
