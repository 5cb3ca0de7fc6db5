import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@millrace/local/free-port.ts';
import { localBucketKeys, localS3Endpoint, startEdge } from '@millrace/local/stack/edge.ts';
import { stateDirAt } from '@millrace/local/stack/state-dir.ts';
import type { Config } from '../config.ts';
import { openS3Storage } from '../storage/s3-storage.ts';
import type { Storage } from '../storage/storage.ts';

export interface RunningWorker {
  url: string;
  /** Its bucket, seen from outside. */
  storage: Storage;
  stop(): Promise<void>;
}

/** The whole Worker in workerd, under `wrangler dev`, on the database and Redis of a test's own configuration. */
export async function startWorker(
  config: Config,
  variables: Record<string, string> = {},
): Promise<RunningWorker> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-worker-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const bucket = {
    endpoint: localS3Endpoint(port),
    publicEndpoint: localS3Endpoint(port),
    region: 'auto',
    bucket: 'millrace',
    ...localBucketKeys,
  };
  const edge = await startEdge({
    dir: stateDirAt(folder),
    port,
    logFile: path.join(folder, 'edge.log'),
    variables: {
      DATABASE_URL: config.databaseUrl,
      NEON_FETCH_ENDPOINT: config.neonFetchEndpoint ?? '',
      UPSTASH_REDIS_REST_URL: config.redis.url,
      UPSTASH_REDIS_REST_TOKEN: config.redis.token,
      S3_ENDPOINT: bucket.endpoint,
      S3_ACCESS_KEY: bucket.accessKeyId,
      S3_SECRET_KEY: bucket.secretAccessKey,
      FLEET_TOKEN: config.fleetToken,
      PLAYBACK_SECRET: config.playbackSecret,
      ...variables,
    },
  }).catch(async (error) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  return {
    url,
    storage: openS3Storage(bucket, { now: () => Date.now(), fraction: () => 0, signingKeys: new Map() }),
    stop: async () => {
      await edge.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
