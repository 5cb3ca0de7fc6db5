import type { KnownKey } from './find-api-key.ts';
import type { ProjectState } from './find-project.ts';
import { type KeySetMemory, newKeySetMemory } from './key-set.ts';
import { type RecentMap, recentMap } from './recent-map.ts';

/** How long a change of a key or a project may go unnoticed elsewhere. */
export const ACCESS_TTL_MS = 5_000;

/** What an isolate keeps so that asking who somebody is seldom costs a statement. Data only: no promise, no connection. */
export interface AccessMemory {
  /** By the key's SHA-256. */
  keys: RecentMap<KnownKey>;
  /** SHA-256 of what is no key. Apart, so that guessing does not drive out the keys there are. */
  noKeys: RecentMap<true>;
  /** By id; null for a project that does not exist. */
  projects: RecentMap<ProjectState | null>;
  /** Keys and users whose use was written down lately. */
  noted: RecentMap<true>;
  keySet: KeySetMemory;
}

export function newAccessMemory(): AccessMemory {
  return {
    keys: recentMap(5_000),
    noKeys: recentMap(1_000),
    projects: recentMap(5_000),
    noted: recentMap(5_000),
    keySet: newKeySetMemory(),
  };
}
