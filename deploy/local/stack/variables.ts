import { ACCOUNT_ID, QUEUE_ID } from '../queue/queues.ts';
import type { Variables } from '../stack.ts';
import { localBucketKeys, localS3Endpoint } from './edge.ts';
import type { Secrets } from './secrets.ts';

/** The variables of the control plane that wrangler.toml leaves open. */
export function edgeVariables(
  where: { apiUrl: string; databaseUrl: string; neonEndpoint: string; upstashUrl: string },
  secrets: Secrets,
): Variables {
  return {
    DATABASE_URL: where.databaseUrl,
    NEON_FETCH_ENDPOINT: where.neonEndpoint,
    UPSTASH_REDIS_REST_URL: where.upstashUrl,
    UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
    S3_ENDPOINT: localS3Endpoint(where.apiUrl),
    S3_ACCESS_KEY: localBucketKeys.accessKeyId,
    S3_SECRET_KEY: localBucketKeys.secretAccessKey,
    FLEET_TOKEN: secrets.fleetToken,
    PLAYBACK_SECRET: secrets.playbackSecret,
  };
}

export function bridgeVariables(where: { apiUrl: string; queueUrl: string }, secrets: Secrets): Variables {
  return {
    EDGE_URL: where.apiUrl,
    FLEET_TOKEN: secrets.fleetToken,
    QUEUE_API_URL: where.queueUrl,
    CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
    QUEUE_ID: QUEUE_ID,
    QUEUE_API_TOKEN: secrets.queueToken,
    // An empty pull costs nothing here.
    QUEUE_IDLE_PULL_MS: '100',
  };
}

export function workerVariables(
  name: string,
  where: { bridgeUrl: string; scratchDir: string },
  secrets: Secrets,
): Variables {
  return {
    BRIDGE_URL: where.bridgeUrl,
    FLEET_TOKEN: secrets.fleetToken,
    SLOTS: '1',
    SCRATCH_DIR: where.scratchDir,
    // Each stands for a machine of its own.
    MACHINE_ID: name,
  };
}
