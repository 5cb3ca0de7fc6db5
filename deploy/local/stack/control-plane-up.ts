import { queueUrl, startQueue } from '../queue.ts';
import { type EdgeOptions, localBucketKeys, localS3Endpoint, startEdge } from './edge.ts';
import type { RunningChild, Service } from './service.ts';
import type { Site } from './site.ts';

/** How edge and queue are run. The local stack does it with `wrangler dev`. */
export interface ControlPlane {
  /** The queue of the nudges; `url` stands in for Cloudflare's API. */
  startQueue(options: Parameters<typeof startQueue>[0]): Promise<RunningChild>;
  /** `queue` is where `startQueue` was told to be. */
  startEdge(options: EdgeOptions & { queue: { url: string; token: string } }): Promise<RunningChild>;
}

const underWrangler: ControlPlane = { startQueue, startEdge };

export function queueUp(site: Site): Promise<Service> {
  const { queue: stateDir, registry: registryDir } = site.dir;
  const { queuePort: port, options, secrets } = site;
  const { startQueue } = options.controlPlane ?? underWrangler;
  return site.launch('control-plane', {
    name: 'queue',
    start: (logFile) => startQueue({ port, stateDir, registryDir, token: secrets.queueToken, logFile }),
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
  const { startEdge } = options.controlPlane ?? underWrangler;
  const queue = { url: queueUrl(site.queuePort), token: secrets.queueToken };
  return site.launch('control-plane', {
    name: 'edge',
    metricsPath: '/metrics',
    start: (logFile) => startEdge({ dir, port, variables, queue, logFile }),
  });
}
