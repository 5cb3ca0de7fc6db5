import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { wranglerProgram } from '@millrace/local/stack/wrangler.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloudflareApi } from './account/cloudflare-api.ts';
import { readActual, readWorker } from './actual.ts';
import { desiredState } from './desired.ts';
import { readSettings } from './settings.ts';
import { activeVersion } from './testing/account-state.ts';
import { type FakeCloudflare, startFakeCloudflare } from './testing/fake-cloudflare.ts';
import { environment, goodSecrets } from './testing/world.ts';
import { versionTag } from './version-tag.ts';
import { workerConfig } from './worker-config.ts';
import { type Wrangler, wranglerRunner } from './wrangler.ts';

/* The real wrangler: it bundles the real Worker and deploys it to the model of Cloudflare's API. */

let fake: FakeCloudflare;
let folder: string;
let wrangler: Wrangler;
let config: ReturnType<typeof workerConfig>;

beforeAll(async () => {
  fake = await startFakeCloudflare();
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-wrangler-'));
  const { accountId, token, url: apiBaseUrl } = fake;
  wrangler = wranglerRunner({ accountId, token, apiBaseUrl, folder });
  const settings = await readSettings(path.join(import.meta.dirname, 'production.yaml'));
  const place = { accountId, publicUrl: 'https://millrace.films.workers.dev', root: repositoryRoot };
  config = workerConfig(environment, settings, place, goodSecrets.DATABASE_URL);
});
afterAll(async () => {
  await fake.stop();
  await rm(folder, { recursive: true });
});

test('wrangler accepts [env.production] of wrangler.toml and bundles the Worker', async () => {
  const args = ['deploy', '--dry-run', '--env', 'production', '--outdir', path.join(folder, 'out')];
  const { stdout } = await promisify(execFile)(process.execPath, [...wranglerProgram, ...args], {
    cwd: repositoryRoot,
    timeout: 100_000,
    env: { ...process.env, CI: '1', NO_COLOR: '1', WRANGLER_SEND_METRICS: 'false', XDG_CONFIG_HOME: folder },
  });
  expect(stdout).toContain('env.NUDGES (millrace-nudges)');
  expect(stdout).toContain('env.BUCKET (millrace)');
  expect(stdout).toContain('env.RATE_LIMITER (6000 requests/60s)');
  expect(stdout).not.toMatch(/warning|error/i);
  expect((await readFile(path.join(folder, 'out/index.js'))).length).toBeGreaterThan(100_000);
}, 120_000);

test('the same sources give the same version, another variable another one', async () => {
  const digest = await wrangler.digest(config);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  const tag = versionTag(config, digest);
  expect(versionTag({ ...config, main: '/elsewhere/index.ts' }, digest)).toBe(tag);
  const vars = { ...config.vars, RATE_LIMIT_PER_MINUTE: '60' };
  expect(versionTag({ ...config, vars }, digest)).not.toBe(tag);
  expect(versionTag(config, digest.replace(/^./, 'x'))).not.toBe(tag);
}, 120_000);

test('wrangler deploys what was wanted, with its secrets, and it is read back as that', async () => {
  const { accountId, token, url: baseUrl } = fake;
  const api = cloudflareApi({ baseUrl, accountId, token, wait: async () => {} });
  const settings = await readSettings(path.join(import.meta.dirname, 'production.yaml'));
  const desired = desiredState(config, settings, 'the-tag');
  expect(await readWorker(api, desired)).toBe(null);
  const secrets = new Map(Object.entries(goodSecrets));
  const settingsOfQueue = { delivery_delay: 0, delivery_paused: false, message_retention_period: 86_400 };
  for (const queue_name of ['millrace-nudges-dead', 'millrace-nudges'])
    fake.state.queues.push({ queue_id: queue_name, queue_name, settings: settingsOfQueue, consumers: [] });
  const bucket = { name: 'millrace', location: 'weur', jurisdiction: 'default', cors: null, lifecycle: [] };
  fake.state.buckets.set('default/millrace', bucket);
  await wrangler.deploy(config, { tag: 'the-tag', message: 'millrace 0.1.0', secrets });

  const script = fake.state.scripts.get('millrace');
  expect(activeVersion(script)).toMatchObject({
    tag: 'the-tag',
    message: 'millrace 0.1.0',
    secrets: goodSecrets,
    metadata: {
      main_module: 'index.js',
      compatibility_date: '2026-11-01',
      placement: { mode: 'targeted', region: 'aws:eu-central-1' },
      bindings: expect.arrayContaining([
        { name: 'NUDGES', type: 'queue', queue_name: 'millrace-nudges' },
        { name: 'BUCKET', type: 'r2_bucket', bucket_name: 'millrace' },
        {
          name: 'RATE_LIMITER',
          type: 'ratelimit',
          namespace_id: '1001',
          simple: { limit: 6000, period: 60 },
        },
        { name: 'PUBLIC_URL', type: 'plain_text', text: 'https://millrace.films.workers.dev' },
      ]),
    },
  });
  expect((await readActual(api, desired)).worker).toMatchObject({
    secrets: Object.keys(goodSecrets),
    crons: ['* * * * *'],
    workersDev: true,
    active: { tag: 'the-tag', checked: false },
    fallback: null,
  });

  // Without secrets those that are there stay.
  await wrangler.deploy(config, { tag: 'another-tag', message: 'm', secrets: new Map() });
  expect(activeVersion(script)).toMatchObject({ tag: 'another-tag', secrets: goodSecrets });
}, 240_000);
