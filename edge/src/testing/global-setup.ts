import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@millrace/local/free-port.ts';
import { migrate } from '@millrace/local/migrate.ts';
import { startPostgres } from '@millrace/local/postgres.ts';
import { removePostgresData } from '@millrace/local/postgres-home.ts';
import { startRedis } from '@millrace/local/redis.ts';
import { startUpstashProxy } from '@millrace/local/upstash-proxy.ts';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { TestProject } from 'vitest/node';
import type { RedisSettings } from '../cache/redis-gate.ts';

/** Where the real outside systems of the tests are. */
export interface TestServices {
  /** A migrated database that nobody is connected to: test files copy it. */
  templateUrl: string;
  redis: RedisSettings;
  storage: {
    endpoint: string;
    publicEndpoint: string;
    region: string;
    bucket: string;
    accessKeyId: string;
    secretAccessKey: string;
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    services: TestServices;
  }
}

const KEYS = { accessKeyId: 'test', secretAccessKey: 'test-secret' };
const REDIS_TOKEN = 'test-token';

/** Starts Postgres, Redis behind Upstash's REST, and S3 once for all files of the project; stops them at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-edge-'));
  const dataDir = path.join(folder, 'postgres');
  const started: { stop(): Promise<void> }[] = [];
  const keep = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const service = await starting;
    started.push(service);
    return service;
  };
  const teardown = async () => {
    for (const service of started.reverse()) await service.stop();
    await removePostgresData(dataDir);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const postgres = await keep(startPostgres({ dataDir, port: await freePort() }));
    await migrate(postgres.url);
    const redis = await keep(startRedis({ dataDir: path.join(folder, 'redis'), port: await freePort() }));
    const proxy = { port: await freePort(), redisUrl: redis.url, token: REDIS_TOKEN };
    const upstash = await keep(startUpstashProxy(proxy));
    const s3 = await keep(startS3());
    const endpoint = `${s3.url}/cdn-cgi/local/r2/s3`;
    project.provide('services', {
      templateUrl: postgres.url,
      // A busy machine is no dead Redis.
      redis: { url: upstash.url, token: REDIS_TOKEN, answerWithinMs: 20_000 },
      storage: { endpoint, publicEndpoint: endpoint, region: 'auto', bucket: 'test', ...KEYS },
    });
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}

/** The S3 that `wrangler dev` serves, in memory. */
async function startS3(): Promise<{ url: string; stop(): Promise<void> }> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch: () => new Response(null, { status: 404 }) }',
      compatibilityDate: '2026-11-01',
      r2Buckets: { BUCKET: { id: 'test', s3Credentials: KEYS } },
      cf: false,
    }),
  );
  const url = await miniflare.ready;
  return { url: url.origin, stop: () => miniflare.dispose() };
}
