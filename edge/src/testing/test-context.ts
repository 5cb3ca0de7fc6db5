import { randomBytes, randomUUID } from 'node:crypto';
import { freePort } from '@millrace/local/free-port.ts';
import { startNeonProxy } from '@millrace/local/neon-proxy.ts';
import { neon, neonConfig } from '@neondatabase/serverless';
import { inject } from 'vitest';
import { newAccessMemory } from '../auth/access-memory.ts';
import { rateLimiter } from '../auth/rate-limiter.ts';
import { redisChangeFeed } from '../cache/redis-change-feed.ts';
import { openRedis } from '../cache/redis-gate.ts';
import { redisStatusCache } from '../cache/redis-status-cache.ts';
import { readConfig } from '../config.ts';
import type { Context, Nudge } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import { newPasses } from '../dispatch/gather.ts';
import { createLog } from '../log.ts';
import { newPlaybackMemory } from '../playback/playback-state.ts';
import { openS3Storage } from '../storage/s3-storage.ts';
import { untraced } from '../tracing/request-trace.ts';

export interface TestContext {
  ctx: Context;
  /** What was sent to the queue, in order. */
  nudges: Nudge[];
  /** Resolves when all work given to `waitUntil` is done; throws what it threw. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A context over a database of its own, a copy of the migrated one, and over the shared Redis and S3. Open one per test
 * file (`beforeAll`) and close it (`afterAll`).
 */
export async function openTestContext(overrides: Partial<Context> = {}): Promise<TestContext> {
  const services = inject('services');
  const databaseUrl = await copyDatabase(services.templateUrl);
  const proxy = await startNeonProxy({ port: await freePort(), databaseUrl });
  const config = readConfig({
    ENVIRONMENT: 'local',
    DATABASE_URL: databaseUrl,
    NEON_FETCH_ENDPOINT: proxy.endpoint,
    UPSTASH_REDIS_REST_URL: services.redis.url,
    UPSTASH_REDIS_REST_TOKEN: services.redis.token,
    S3_ENDPOINT: services.storage.endpoint,
    S3_PUBLIC_ENDPOINT: services.storage.publicEndpoint,
    S3_REGION: services.storage.region,
    S3_BUCKET: services.storage.bucket,
    S3_ACCESS_KEY: services.storage.accessKeyId,
    S3_SECRET_KEY: services.storage.secretAccessKey,
    FLEET_TOKEN: 'test-fleet-token-0000',
    PLAYBACK_SECRET: 'test-playback-secret-0000',
    MAX_SOURCE_BYTES: String(1024 ** 4),
    OPEN_ACCESS: 'true',
  });
  const nudges: Nudge[] = [];
  const pending: Promise<unknown>[] = [];
  const now = () => Date.now();
  const log = createLog(now, (level, line) => {
    if (level !== 'info') console[level](line);
  });
  const tracing = untraced((bytes) => randomBytes(bytes).toString('hex'));
  const ctx: Context = {
    config,
    now,
    random: {
      uuid: () => randomUUID(),
      fraction: () => Math.random(),
      bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    },
    access: newAccessMemory(),
    playback: newPlaybackMemory(),
    passes: newPasses(),
    db: openDatabase(databaseUrl, proxy.endpoint),
    storage: openS3Storage(services.storage, { now, fraction: () => 0, signingKeys: new Map() }),
    statusCache: redisStatusCache(openRedis(services.redis, { silentUntil: 0 }, now)),
    changes: redisChangeFeed(services.redis),
    rateLimiter: rateLimiter(1_000_000, new Map(), now, null),
    nudges: {
      async sendBatch(sent) {
        nudges.push(...sent);
      },
    },
    log,
    tracing,
    trace: tracing.none,
    connectAt: () => ({}),
    quiet: { stir: async () => {}, isQuiet: async () => false, settle: async () => {} },
    waitUntil: (work) => {
      pending.push(work);
    },
    ...overrides,
  };
  const settled = async () => {
    while (pending.length > 0) await Promise.all(pending.splice(0));
  };
  return {
    ctx,
    nudges,
    settled,
    close: async () => {
      await Promise.allSettled(pending);
      await proxy.stop();
    },
  };
}

async function copyDatabase(templateUrl: string): Promise<string> {
  const admin = new URL(templateUrl);
  const template = admin.pathname.slice(1);
  admin.pathname = '/postgres';
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const proxy = await startNeonProxy({ port: await freePort(), databaseUrl: admin.href });
  try {
    neonConfig.fetchEndpoint = proxy.endpoint;
    await neon(admin.href).query(`create database ${name} template ${template}`);
  } finally {
    await proxy.stop();
  }
  const copy = new URL(templateUrl);
  copy.pathname = `/${name}`;
  return copy.href;
}
