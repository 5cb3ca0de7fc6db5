import type { StatusCache } from './cache/status-cache.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import type { Storage } from './storage/storage.ts';

/** Sends wake-up calls. A nudge carries a hint and a trace, never state. */
export interface NudgeQueue {
  sendBatch(nudges: Nudge[]): Promise<void>;
}

export interface Nudge {
  taskId: string;
  traceparent: string | null;
  /** The nudge is of no use earlier. */
  delaySeconds: number;
}

/** What every use case is given. Built once per request; tests override parts. */
export interface Context {
  config: Config;
  /** Milliseconds since the epoch. For URLs and caches; leases live on the database's clock. */
  now(): number;
  random: {
    uuid(): string;
    /** In [0, 1). */
    fraction(): number;
  };
  db: Database;
  storage: Storage;
  statusCache: StatusCache;
  nudges: NudgeQueue;
  /** Work that may go on after the response. */
  waitUntil(work: Promise<unknown>): void;
}
