import { migrate } from '../migrate.ts';
import { startNeonProxy } from '../neon-proxy.ts';
import { startPostgres } from '../postgres.ts';
import { startRedis } from '../redis.ts';
import { startUpstashProxy } from '../upstash-proxy.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';
import { together } from './together.ts';

/** Postgres with all migrations, and Neon's way to it. */
export async function databaseUp(site: Site): Promise<{ postgres: Service; neonEndpoint: string }> {
  const port = await site.ports.take('postgres');
  const postgres = await site.launch('data', {
    name: 'postgres',
    start: (logFile) => startPostgres({ dataDir: site.dir.postgres, port, logFile }),
  });
  const proxyOptions = { port: await site.ports.take('neon'), databaseUrl: postgres.url };
  const [proxy] = await together(
    site.adopt('proxies', startNeonProxy(proxyOptions)),
    migrateKept(postgres.url),
  );
  return { postgres, neonEndpoint: proxy.endpoint };
}

/** Redis, and Upstash's way to it. */
export async function cacheUp(site: Site): Promise<{ redis: Service; upstashUrl: string }> {
  const port = await site.ports.take('redis');
  const redis = await site.launch('data', {
    name: 'redis',
    start: (logFile) => startRedis({ dataDir: site.dir.redis, port, logFile }),
  });
  const proxyOptions = {
    port: await site.ports.take('upstash'),
    redisUrl: redis.url,
    token: site.secrets.redisToken,
  };
  const proxy = await site.adopt('proxies', startUpstashProxy(proxyOptions));
  return { redis, upstashUrl: proxy.url };
}

async function migrateKept(databaseUrl: string): Promise<void> {
  try {
    await migrate(databaseUrl);
  } catch (error) {
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(
      `The database that was kept does not take the migrations (${reason}). Forget it with --fresh.`,
      {
        cause: error,
      },
    );
  }
}
