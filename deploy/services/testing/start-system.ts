import path from 'node:path';
import type { Child } from '@millrace/local/child-process.ts';
import { freePort } from '@millrace/local/free-port.ts';
import { migrate } from '@millrace/local/migrate.ts';
import { startPostgres } from '@millrace/local/postgres.ts';
import { removePostgresData } from '@millrace/local/postgres-home.ts';
import { ACCOUNT_ID, QUEUE_ID } from '@millrace/local/queue/queues.ts';
import { startRedis } from '@millrace/local/redis.ts';
import { localBucketKeys } from '@millrace/local/stack/edge.ts';
import { createTeardown } from '@millrace/local/stack/teardown.ts';
import { startStorage } from '@millrace/local/storage/start-storage.ts';
import type { ProgramName, StartProgram } from './programs.ts';

export interface System {
  apiUrl: string;
  graphqlUrl: string;
  queueUrl: string;
  queueToken: string;
  logs: string;
  processes: Record<ProgramName, Child>;
  /** Where each listens. */
  urls: Record<ProgramName, string>;
  stop(): Promise<void>;
}

const queueToken = 'queue-token-of-a-test';
const redisToken = 'redis-token-of-a-test';
const fleetToken = 'fleet-token-of-a-test';

/** Everything that Compose starts, of the same programs, around a real Postgres and a real Redis. */
export async function startSystem(options: {
  folder: string;
  start: StartProgram;
  /** On top of what the edge gets anyway. */
  edge?: Readonly<Record<string, string>>;
  worker?: Readonly<Record<string, string>>;
}): Promise<System> {
  const { folder, start } = options;
  const logs = path.join(folder, 'logs');
  const teardown = createTeardown();
  try {
    const dataDir = path.join(folder, 'postgres');
    const [postgres, redis, storage] = await Promise.all([
      kept(startPostgres({ dataDir, port: await freePort() })),
      kept(freePort().then((port) => startRedis({ dataDir: path.join(folder, 'redis'), port }))),
      kept(startStorage(path.join(folder, 'storage'))),
    ]);
    teardown.add(0, () => removePostgresData(dataDir));
    await migrate(postgres.url);

    const program = async (
      name: ProgramName,
      path: string,
      env: Readonly<Record<string, string>>,
      tier: number,
    ) => {
      const port = await freePort();
      const origin = `http://127.0.0.1:${port}`;
      const child = await start({
        program: name,
        env: { ENVIRONMENT: 'local', HOST: '127.0.0.1', PORT: String(port), ...env },
        readyUrl: origin + path,
        logFile: `${logs}/${name}.log`,
      });
      teardown.add(tier, child.stop);
      return { origin, child };
    };
    const [neon, upstash, queue] = await Promise.all([
      program('neon-proxy', '/health', { DATABASE_URL: postgres.url }, 2),
      program('redis-proxy', '/health', { REDIS_URL: redis.url, REDIS_REST_TOKEN: redisToken }, 2),
      program('queue', '/health', { QUEUE_API_TOKEN: queueToken, DATA_DIR: path.join(folder, 'queue') }, 2),
    ]);
    const queueAccess = {
      QUEUE_API_URL: `${queue.origin}/client/v4`,
      QUEUE_API_TOKEN: queueToken,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
      QUEUE_ID,
    };
    const graphqlPort = await freePort();
    const edge = await program(
      'edge',
      '/health',
      {
        ...queueAccess,
        GRAPHQL_PORT: String(graphqlPort),
        DATABASE_URL: postgres.url,
        NEON_FETCH_ENDPOINT: `${neon.origin}/sql`,
        UPSTASH_REDIS_REST_URL: upstash.origin,
        UPSTASH_REDIS_REST_TOKEN: redisToken,
        S3_ENDPOINT: storage.s3Endpoint,
        S3_ACCESS_KEY: localBucketKeys.accessKeyId,
        S3_SECRET_KEY: localBucketKeys.secretAccessKey,
        FLEET_TOKEN: fleetToken,
        PLAYBACK_SECRET: 'playback-secret-of-a-test',
        OPEN_ACCESS: 'true',
        ...options.edge,
      },
      3,
    );
    const bridge = await program(
      'bridge',
      '/readyz',
      { ...queueAccess, EDGE_URL: edge.origin, FLEET_TOKEN: fleetToken, QUEUE_IDLE_PULL_MS: '50' },
      4,
    );
    const worker = await program(
      'worker',
      '/readyz',
      {
        BRIDGE_URL: bridge.origin,
        FLEET_TOKEN: fleetToken,
        SCRATCH_DIR: path.join(folder, 'scratch'),
        ...options.worker,
      },
      5,
    );
    return {
      apiUrl: edge.origin,
      graphqlUrl: `http://127.0.0.1:${graphqlPort}`,
      queueUrl: queueAccess.QUEUE_API_URL,
      queueToken,
      logs,
      processes: {
        edge: edge.child,
        queue: queue.child,
        'neon-proxy': neon.child,
        'redis-proxy': upstash.child,
        bridge: bridge.child,
        worker: worker.child,
      },
      urls: {
        edge: edge.origin,
        queue: queue.origin,
        'neon-proxy': neon.origin,
        'redis-proxy': upstash.origin,
        bridge: bridge.origin,
        worker: worker.origin,
      },
      stop: () => teardown.run(),
    };
  } catch (error) {
    await teardown.run().catch(() => {});
    throw error;
  }

  async function kept<T extends Child>(starting: Promise<T>): Promise<T> {
    const child = await starting;
    teardown.add(1, child.stop);
    return child;
  }
}
