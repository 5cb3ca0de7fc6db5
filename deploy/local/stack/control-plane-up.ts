import { startQueue } from '../queue.ts';
import { localBucketKeys, localS3Endpoint, startEdge } from './edge.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';

export async function queueUp(site: Site): Promise<Service> {
  const { queue: stateDir, registry: registryDir } = site.dir;
  const port = await site.ports.take('queue');
  return site.launch('control-plane', {
    name: 'queue',
    start: (logFile) => startQueue({ port, stateDir, registryDir, token: site.secrets.queueToken, logFile }),
  });
}

export interface Data {
  databaseUrl: string;
  neonEndpoint: string;
  upstashUrl: string;
}

/** The control plane, with the variables that wrangler.toml leaves open. */
export function edgeUp(site: Site, { databaseUrl, neonEndpoint, upstashUrl }: Data): Promise<Service> {
  const { dir, secrets, apiPort: port, options } = site;
  const variables = {
    DATABASE_URL: databaseUrl,
    NEON_FETCH_ENDPOINT: neonEndpoint,
    UPSTASH_REDIS_REST_URL: upstashUrl,
    UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
    S3_ENDPOINT: localS3Endpoint(port),
    S3_ACCESS_KEY: localBucketKeys.accessKeyId,
    S3_SECRET_KEY: localBucketKeys.secretAccessKey,
    FLEET_TOKEN: secrets.fleetToken,
    PLAYBACK_SECRET: secrets.playbackSecret,
    ...options.variables?.edge,
  };
  return site.launch('control-plane', {
    name: 'edge',
    metricsPath: '/metrics',
    start: (logFile) => startEdge({ dir, port, variables, logFile }),
  });
}
