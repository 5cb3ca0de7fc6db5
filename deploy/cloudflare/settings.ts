import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';

const DAY_SECONDS = 86_400;

const settings = z.strictObject({
  hostname: z
    .string()
    .regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'must be a name such as api.example.com')
    .nullable(),
  webOrigins: z.array(
    z.string().regex(/^https:\/\/[^/*]+$/, 'must be https://host, without a path: pages of it may upload'),
  ),
  placement: z
    .string()
    .regex(/^(?:aws|gcp|azure):[a-z0-9-]+$/, 'must be a region such as aws:eu-central-1')
    .nullable(),
  bucket: z.strictObject({
    locationHint: z.enum(['weur', 'eeur', 'enam', 'wnam', 'apac', 'oc']).nullable(),
    jurisdiction: z.enum(['default', 'eu', 'fedramp']),
    abortMultipartDays: z.int().min(8, 'must be 8 or more: an upload may take 7 days'),
    expire: z.array(z.strictObject({ prefix: z.string().min(1), days: z.int().min(1) })),
  }),
  queue: z.strictObject({
    retentionSeconds: z
      .int()
      .min(60)
      .max(14 * DAY_SECONDS),
    deadLetterRetentionSeconds: z
      .int()
      .min(60)
      .max(14 * DAY_SECONDS),
    batchSize: z.int().min(1).max(100),
    visibilityTimeoutMs: z.int().min(1_000).max(43_200_000),
    maxRetries: z.int().min(0).max(100),
    retryDelaySeconds: z.int().min(0).max(DAY_SECONDS),
  }),
  variables: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()),
});

/** What an operator edits: `deploy/cloudflare/ENV.yaml`. */
export type Settings = z.infer<typeof settings>;

/** Throws naming everything that is wrong in the file. */
export async function readSettings(file: string): Promise<Settings> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file} cannot be read`, { cause });
  });
  const read = settings.safeParse(parse(text));
  if (!read.success) throw new Error(`${file} is not usable:\n${z.prettifyError(read.error)}`);
  return read.data;
}
