import path from 'node:path';
import { migrate } from '../migrate.ts';
import { startNeonProxy } from '../neon-proxy.ts';
import { startPostgres } from '../postgres.ts';
import { startQueue } from '../queue.ts';
import { startRedis } from '../redis.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { startUpstashProxy } from '../upstash-proxy.ts';
import { startEdge } from './edge.ts';
import { startFleetProcess } from './fleet.ts';
import { createLauncher } from './launcher.ts';
import { keepPorts } from './ports.ts';
import { keepSecrets } from './secrets.ts';
import type { Service } from './service.ts';
import type { StateDir } from './state-dir.ts';
import type { Teardown } from './teardown.ts';
import { together } from './together.ts';
import { bridgeVariables, edgeVariables, workerVariables } from './variables.ts';

/** Starts every service, side by side where none needs the other, and hands each over to `teardown`. */
export async function bringUp(
  options: StackOptions,
  dir: StateDir,
  teardown: Teardown,
): Promise<Omit<Stack, 'stop'>> {
  const { onEvent = () => {}, signal, variables = {} } = options;
  const { launch, adopt } = createLauncher({ teardown, onEvent, signal });
  const secrets = await keepSecrets(dir.secrets);
  const ports = await keepPorts(dir.ports);
  const port = {
    api: options.apiPort ?? (await ports.take('api')),
    postgres: await ports.take('postgres'),
    neon: await ports.take('neon'),
    redis: await ports.take('redis'),
    upstash: await ports.take('upstash'),
    queue: await ports.take('queue'),
    bridge: await ports.take('bridge'),
  };

  async function databaseUp() {
    const postgres = await launch('data', {
      name: 'postgres',
      logFile: path.join(dir.postgres, 'postgres.log'),
      start: () => startPostgres({ dataDir: dir.postgres, port: port.postgres }),
    });
    const [proxy] = await together(
      adopt('proxies', startNeonProxy({ port: port.neon, databaseUrl: postgres.url })),
      migrate(postgres.url),
    );
    return { postgres, neonEndpoint: proxy.endpoint };
  }

  async function cacheUp() {
    const redis = await launch('data', {
      name: 'redis',
      logFile: path.join(dir.redis, 'redis.log'),
      start: () => startRedis({ dataDir: dir.redis, port: port.redis }),
    });
    const proxyOptions = { port: port.upstash, redisUrl: redis.url, token: secrets.redisToken };
    const proxy = await adopt('proxies', startUpstashProxy(proxyOptions));
    return { redis, upstashUrl: proxy.url };
  }

  function queueUp() {
    const { queue: stateDir, registry: registryDir } = dir;
    return launch('control-plane', {
      name: 'queue',
      logFile: path.join(dir.queue, 'queue.log'),
      start: () => startQueue({ port: port.queue, stateDir, registryDir, token: secrets.queueToken }),
    });
  }

  async function edgeUp() {
    const [{ postgres, neonEndpoint }, { redis, upstashUrl }] = await together(databaseUp(), cacheUp());
    const where = {
      apiUrl: `http://127.0.0.1:${port.api}`,
      databaseUrl: postgres.url,
      neonEndpoint,
      upstashUrl,
    };
    const edge = await launch('control-plane', {
      name: 'edge',
      logFile: path.join(dir.logs, 'edge.log'),
      metricsPath: '/metrics',
      start: () =>
        startEdge({
          dir,
          port: port.api,
          variables: { ...edgeVariables(where, secrets), ...variables.edge },
        }),
    });
    return { postgres, redis, edge };
  }

  function bridgeUp(apiUrl: string, queueUrl: string) {
    const environment = { ...bridgeVariables({ apiUrl, queueUrl }, secrets), ...variables.bridge };
    return launch('bridge', {
      name: 'bridge',
      logFile: path.join(dir.logs, 'bridge.log'),
      metricsPath: '/metrics',
      whenItEnds: options.whenFleetEnds,
      start: () => startFleetProcess(dir, { role: 'bridge', name: 'bridge', port: port.bridge, environment }),
    });
  }

  const workers: Service[] = [];
  async function workerUp(number: number): Promise<Service> {
    const name = `worker-${number}`;
    const where = { bridgeUrl: `http://127.0.0.1:${port.bridge}`, scratchDir: path.join(dir.scratch, name) };
    const environment = { ...workerVariables(name, where, secrets), ...variables.worker };
    const workerPort = await ports.take(name);
    const worker = await launch('workers', {
      name,
      logFile: path.join(dir.logs, `${name}.log`),
      metricsPath: '/metrics',
      whenItEnds: options.whenFleetEnds,
      start: () => startFleetProcess(dir, { role: 'worker', name, port: workerPort, environment }),
    });
    workers[number - 1] = worker;
    return worker;
  }

  const [queue, { postgres, redis, edge }] = await together(queueUp(), edgeUp());
  const numbers = Array.from({ length: options.workers }, (_, index) => index + 1);
  const [bridge] = await together(bridgeUp(edge.url, queue.url), ...numbers.map(workerUp));
  let lastNumber = options.workers;
  return {
    apiUrl: edge.url,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    bridgeUrl: bridge.url,
    queueUrl: queue.url,
    secrets,
    dir,
    postgres,
    redis,
    queue,
    edge,
    bridge,
    workers,
    startWorker: () => workerUp(++lastNumber),
  };
}
