import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSettings } from './settings.ts';
import { goodSecrets } from './testing/world.ts';
import { neonRegion, readWorkerEnvironment, requireUsableVariables, workerConfig } from './worker-config.ts';

const wranglerToml = path.join(repositoryRoot, 'wrangler.toml');
const settingsFile = path.join(import.meta.dirname, 'production.yaml');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file with some of its text changed, which must be in it. */
async function changed(file: string, from: string | RegExp, to: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const other = text.replaceAll(from instanceof RegExp ? new RegExp(from, 'g') : from, to);
  expect(other).not.toBe(text);
  const copy = path.join(folder, path.basename(file));
  await writeFile(copy, other);
  return copy;
}

test('what wrangler.toml says twice must be the same', async () => {
  const limit = await changed(wranglerToml, 'RATE_LIMIT_PER_MINUTE = "6000"', 'RATE_LIMIT_PER_MINUTE = "60"');
  expect(() => readWorkerEnvironment(limit, 'production')).toThrow(
    'RATE_LIMIT_PER_MINUTE is 60, but RATE_LIMITER allows 6000',
  );
  const bucket = await changed(wranglerToml, 'S3_BUCKET = "millrace"', 'S3_BUCKET = "films"');
  expect(() => readWorkerEnvironment(bucket, 'production')).toThrow(
    'S3_BUCKET is films, but the binding BUCKET',
  );
});

test('an environment without its queue, or that is not there, is refused', async () => {
  const queue = await changed(
    wranglerToml,
    'env.production.queues.producers',
    'env.staging.queues.producers',
  );
  expect(() => readWorkerEnvironment(queue, 'production')).toThrow('queues');
  expect(() => readWorkerEnvironment(wranglerToml, 'elsewhere')).toThrow('has no [env.elsewhere]');
});

test.each([
  ['abortMultipartDays: 8', 'abortMultipartDays: 7', 'an upload may take 7 days'],
  ['hostname: null', 'hostname: https://api.example.com', 'must be a name such as api.example.com'],
  ['webOrigins: []', 'webOrigins: ["*"]', 'must be https://host'],
  ['maxRetries: 3', 'maxRetry: 3', 'maxRetry'],
  ['placement: null', 'placement: frankfurt', 'must be a region such as aws:eu-central-1'],
])('settings with «%s» → «%s» are refused', async (from, to, reason) => {
  await expect(readSettings(await changed(settingsFile, from, to))).rejects.toThrow(reason);
});

test('the region is in the host names of Neon, and nowhere else', () => {
  expect(neonRegion(goodSecrets.DATABASE_URL)).toBe('aws:eu-central-1');
  expect(neonRegion('postgres://u:p@ep-x.eastus2.azure.neon.tech/db')).toBe('azure:eastus2');
  expect(neonRegion('postgres://u:p@db.example.com/films')).toBe(null);
  expect(neonRegion(undefined)).toBe(null);
});

test('the Worker runs where the settings say, else near the database, else where Cloudflare finds best', async () => {
  const environment = readWorkerEnvironment(wranglerToml, 'production');
  const settings = await readSettings(settingsFile);
  const place = { accountId: 'a'.repeat(32), publicUrl: 'https://api.example.com', root: '/checkout' };
  const placed = (placement: string | null, databaseUrl?: string) =>
    workerConfig(environment, { ...settings, placement }, place, databaseUrl).placement;
  expect(placed('gcp:europe-west1', goodSecrets.DATABASE_URL)).toEqual({ region: 'gcp:europe-west1' });
  expect(placed(null, goodSecrets.DATABASE_URL)).toEqual({ region: 'aws:eu-central-1' });
  expect(placed(null)).toEqual({ mode: 'smart' });

  const config = workerConfig(environment, settings, place, undefined);
  expect(config.main).toBe('/checkout/edge/src/index.ts');
  expect(config).not.toHaveProperty('env');
  expect(config).toMatchObject({
    preview_urls: false,
    workers_dev: true,
    vars: { ENVIRONMENT: 'production' },
  });
  requireUsableVariables(config, new Map());
  expect(() => requireUsableVariables(config, new Map([['PLAYBACK_SECRET', 'short']]))).toThrow(
    'PLAYBACK_SECRET',
  );
});
