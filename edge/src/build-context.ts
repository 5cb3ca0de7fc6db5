import { openRedis, type RedisHealth } from './cache/redis-gate.ts';
import { redisStatusCache } from './cache/redis-status-cache.ts';
import { type Config, readConfig } from './config.ts';
import type { Context, Nudge, NudgeQueue } from './context.ts';
import { openDatabase } from './db/database.ts';
import { type RequestMetrics, redisRequestMetrics } from './metrics/request-metrics.ts';
import { edgeMediaCache, type MediaCache } from './playback/media-cache.ts';
import { openS3Storage } from './storage/s3-storage.ts';

export interface Bindings {
  NUDGES: Queue<Pick<Nudge, 'taskId' | 'traceparent'>>;
  [variable: string]: unknown;
}

/** What one isolate may keep from request to request. No connection, no promise: those belong to one request. */
export interface IsolateMemory {
  config: Config | null;
  signingKeys: Map<string, ArrayBuffer>;
  redis: RedisHealth;
}

export function newIsolateMemory(): IsolateMemory {
  return { config: null, signingKeys: new Map(), redis: { silentUntil: 0 } };
}

/** The real surroundings of one request. Throws when the Worker's variables are not usable. */
export function buildContext(
  env: Bindings,
  memory: IsolateMemory,
  waitUntil: (work: Promise<unknown>) => void,
): { context: Context; requestMetrics: RequestMetrics; mediaCache: MediaCache } {
  memory.config ??= readConfig(env);
  const config = memory.config;
  const now = () => Date.now();
  const random = { uuid: () => crypto.randomUUID(), fraction: () => Math.random() };
  const redis = openRedis(config.redis, memory.redis, now);
  const context: Context = {
    config,
    now,
    random,
    db: openDatabase(config.databaseUrl, config.neonFetchEndpoint),
    storage: openS3Storage(config.storage, {
      now,
      fraction: random.fraction,
      signingKeys: memory.signingKeys,
    }),
    statusCache: redisStatusCache(redis),
    nudges: nudgeQueue(env.NUDGES),
    waitUntil,
  };
  return {
    context,
    requestMetrics: redisRequestMetrics(redis),
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
