import { z } from 'zod';
import { ADDRESSINGS } from '../../edge/src/storage/object-url.ts';
import type { S3Settings } from '../../edge/src/storage/s3-requests.ts';

const environment = z.object({
  S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http or https URL, without the bucket' }),
  S3_REGION: z.string().default('auto'),
  S3_BUCKET: z.string({ error: 'is required' }),
  S3_ACCESS_KEY: z.string({ error: 'is required' }),
  S3_SECRET_KEY: z.string({ error: 'is required' }),
  S3_ADDRESSING: z.enum(ADDRESSINGS, { error: `must be ${ADDRESSINGS.join(' or ')}` }).default('path'),
});

/** Which store to try, by the names the edge has for them. Throws naming everything that is wrong. */
export function readStorageEnvironment(env: NodeJS.ProcessEnv): S3Settings {
  // An empty variable is one that was not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const read = environment.safeParse(given);
  if (!read.success) {
    const lines = read.error.issues.map((issue) => `  ${String(issue.path[0])} ${issue.message}`);
    throw new Error(['Which store? The environment is not complete:', ...lines].join('\n'));
  }
  const v = read.data;
  return {
    endpoint: v.S3_ENDPOINT,
    publicEndpoint: v.S3_ENDPOINT,
    region: v.S3_REGION,
    bucket: v.S3_BUCKET,
    addressing: v.S3_ADDRESSING,
    accessKeyId: v.S3_ACCESS_KEY,
    secretAccessKey: v.S3_SECRET_KEY,
  };
}
