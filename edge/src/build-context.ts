import { type AccessMemory, newAccessMemory } from './auth/access-memory.ts';
import { type RateMemory, rateLimiter, type SharedCounter } from './auth/rate-limiter.ts';
import { redisChangeFeed } from './cache/redis-change-feed.ts';
import { openRedis, type RedisHealth } from './cache/redis-gate.ts';
import { redisQuiet, type StirMemory } from './cache/redis-quiet.ts';
import { redisStatusCache } from './cache/redis-status-cache.ts';
import { type Config, readConfig } from './config.ts';
import type { Context, Nudge, NudgeQueue } from './context.ts';
import { openDatabase } from './db/database.ts';
import { newPasses, type Passes } from './dispatch/gather.ts';
import { createLog } from './log.ts';
import { type CounterMemory, type Counters, newCounterMemory, redisCounters } from './metrics/counters.ts';
import { countStorageTrouble } from './metrics/storage-metrics.ts';
import { edgeMediaCache, type MediaCache } from './playback/media-cache.ts';
import { newPlaybackMemory, type PlaybackMemory } from './playback/playback-state.ts';
import { openS3Storage } from './storage/s3-storage.ts';
import type { ExportMemory } from './tracing/export-spans.ts';
import { openTracing } from './tracing/open-tracing.ts';

export interface Bindings {
  NUDGES: Queue<Pick<Nudge, 'taskId' | 'traceparent' | 'requestId'>>;
  /** Absent where the platform has none. */
  RATE_LIMITER?: SharedCounter;
  [variable: string]: unknown;
}

/** What one isolate may keep from request to request. No connection, no promise: those belong to one request. */
export interface IsolateMemory {
  config: Config | null;
  signingKeys: Map<string, ArrayBuffer>;
  redis: RedisHealth;
  rates: RateMemory;
  counters: CounterMemory;
  stir: StirMemory;
  access: AccessMemory;
  playback: PlaybackMemory;
  passes: Passes;
  traces: ExportMemory;
}

export function newIsolateMemory(): IsolateMemory {
  return {
    config: null,
    signingKeys: new Map(),
    redis: { silentUntil: 0 },
    rates: new Map(),
    counters: newCounterMemory(),
    stir: { stirredAt: 0 },
    access: newAccessMemory(),
    playback: newPlaybackMemory(),
    passes: newPasses(),
    traces: { toldAt: 0 },
  };
}

/** The real surroundings of one request. Throws when the Worker's variables are not usable. */
export function buildContext(
  env: Bindings,
  memory: IsolateMemory,
  waitUntil: (work: Promise<unknown>) => void,
): { context: Context; counters: Counters; mediaCache: MediaCache } {
  memory.config ??= readConfig(env);
  const config = memory.config;
  const now = () => Date.now();
  const random = {
    uuid: () => crypto.randomUUID(),
    fraction: () => Math.random(),
    bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  };
  const redis = openRedis(config.redis, memory.redis, now);
  const counters = redisCounters(redis, memory.counters, now);
  const log = createLog(now);
  const tracing = openTracing(config.tracing, memory.traces, { now, random, log, waitUntil });
  const context: Context = {
    config,
    now,
    random,
    access: memory.access,
    playback: memory.playback,
    passes: memory.passes,
    db: openDatabase(config.databaseUrl, config.neonFetchEndpoint),
    storage: openS3Storage(config.storage, {
      now,
      fraction: random.fraction,
      signingKeys: memory.signingKeys,
      onTrouble: (trouble) => waitUntil(counters.add(countStorageTrouble(trouble))),
    }),
    rateLimiter: rateLimiter(config.rateLimitPerMinute, memory.rates, now, env.RATE_LIMITER ?? null),
    statusCache: redisStatusCache(redis),
    changes: redisChangeFeed(config.redis),
    nudges: nudgeQueue(env.NUDGES),
    quiet: redisQuiet(redis, memory.stir, now),
    log,
    tracing,
    trace: tracing.none,
    connectAt: (trace) => ({
      db: openDatabase(config.databaseUrl, config.neonFetchEndpoint, trace),
      statusCache: redisStatusCache(openRedis(config.redis, memory.redis, now, trace)),
    }),
    waitUntil,
  };
  return {
    context,
    counters,
    mediaCache: edgeMediaCache(caches.default),
  };
}

function nudgeQueue(queue: Bindings['NUDGES']): NudgeQueue {
  return {
    async sendBatch(nudges) {
      await queue.sendBatch(
        nudges.map(({ delaySeconds, ...body }) => ({ body, contentType: 'json', delaySeconds })),
      );
    },
  };
}
