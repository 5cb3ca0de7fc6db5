import type { Stack, StackOptions } from '../stack.ts';
import { edgeUp, queueUp } from './control-plane-up.ts';
import { cacheUp, databaseUp } from './data-up.ts';
import { bridgeUp, workerUp } from './fleet-up.ts';
import { graphqlUp } from './graphql-up.ts';
import { grpcUp } from './grpc-up.ts';
import { prepareSite } from './site.ts';
import type { StateDir } from './state-dir.ts';
import type { Teardown } from './teardown.ts';
import { together } from './together.ts';

/** Starts every service, side by side where none needs the other, and hands each over to `teardown`. */
export async function bringUp(
  options: StackOptions,
  dir: StateDir,
  teardown: Teardown,
): Promise<Omit<Stack, 'stop'>> {
  const site = await prepareSite(options, dir, teardown);

  const edgeOnData = async () => {
    const [{ postgres, neonEndpoint }, { redis, upstashUrl }] = await together(
      databaseUp(site),
      cacheUp(site),
    );
    const edge = await edgeUp(site, { databaseUrl: postgres.url, neonEndpoint, upstashUrl });
    return { postgres, redis, edge };
  };
  const [queue, { postgres, redis, edge }] = await together(queueUp(site), edgeOnData());

  const numbers = Array.from({ length: options.workers }, (_, index) => index + 1);
  const [graphql, grpc, bridge, ...workers] = await together(
    graphqlUp(site, { apiUrl: edge.url }),
    grpcUp(site, { apiUrl: edge.url }),
    bridgeUp(site, { apiUrl: edge.url, queueUrl: queue.url }),
    ...numbers.map((number) => workerUp(site, number)),
  );

  let lastNumber = options.workers;
  return {
    apiUrl: edge.url,
    graphqlUrl: graphql.url,
    grpcAddress: `127.0.0.1:${site.grpcPort}`,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    bridgeUrl: bridge.url,
    queueUrl: queue.url,
    secrets: site.secrets,
    dir,
    postgres,
    redis,
    queue,
    edge,
    graphql,
    grpc,
    bridge,
    workers,
    async startWorker() {
      lastNumber += 1;
      const worker = await workerUp(site, lastNumber);
      workers.push(worker);
      return worker;
    },
  };
}
