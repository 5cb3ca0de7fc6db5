import type { Trace } from '@millrace/shared/trace/trace.ts';
import type { AccessMemory } from './auth/access-memory.ts';
import type { RateLimiter } from './auth/rate-limiter.ts';
import type { ChangeFeed } from './cache/change-feed.ts';
import type { StatusCache } from './cache/status-cache.ts';
import type { Config } from './config.ts';
import type { Database } from './db/database.ts';
import type { Passes } from './dispatch/gather.ts';
import type { Quiet } from './dispatch/quiet.ts';
import type { Log } from './log.ts';
import type { PlaybackMemory } from './playback/playback-state.ts';
import type { Storage } from './storage/storage.ts';
import type { RequestTrace } from './tracing/request-trace.ts';

/** Sends wake-up calls. A nudge carries a hint and a trace, never state. */
export interface NudgeQueue {
  sendBatch(nudges: Nudge[]): Promise<void>;
}

export interface Nudge {
  taskId: string;
  traceparent: string | null;
  /** `X-Request-Id` of the request that created the job. */
  requestId: string | null;
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
    /** Fit for secrets. */
    bytes(count: number): Uint8Array<ArrayBuffer>;
  };
  /** What the isolate remembers of keys, projects and users for a few seconds. */
  access: AccessMemory;
  /** What the isolate remembers of who may watch which job, for a few seconds. */
  playback: PlaybackMemory;
  /** What the isolate knows of passes that many requests ask for: see `gather`. */
  passes: Passes;
  db: Database;
  storage: Storage;
  rateLimiter: RateLimiter;
  statusCache: StatusCache;
  changes: ChangeFeed;
  nudges: NudgeQueue;
  quiet: Quiet;
  /** Says of every line what is known of the request. */
  log: Log;
  /** Where traces begin, and where one goes on that somebody named. */
  tracing: RequestTrace;
  /** The place of what is being done now. See `traced`. */
  trace: Trace;
  /** Database and cache for a place: what they are asked from there are spans below it. See `atTrace`. */
  connectAt(trace: Trace): Partial<Pick<Context, 'db' | 'statusCache'>>;
  /** Work that may go on after the response. */
  waitUntil(work: Promise<unknown>): void;
}
