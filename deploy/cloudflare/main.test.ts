import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from './main.ts';
import { type FakeCloudflare, startFakeCloudflare } from './testing/fake-cloudflare.ts';
import { goodSecrets } from './testing/world.ts';

let fake: FakeCloudflare;
let folder: string;
let account: Record<string, string>;

beforeAll(async () => {
  fake = await startFakeCloudflare();
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-main-'));
  account = {
    CLOUDFLARE_ACCOUNT_ID: fake.accountId,
    CLOUDFLARE_API_TOKEN: fake.token,
    CLOUDFLARE_API_BASE_URL: fake.url,
  };
});
afterAll(async () => {
  await fake.stop();
  await rm(folder, { recursive: true });
});

async function command(args: string[], env: Record<string, string>) {
  const lines: string[] = [];
  const exitCode = await main(args, env, (line) => lines.push(line));
  return { exitCode, said: lines.join('\n') };
}

test('the plan of the real sources for an empty account, without a secret in it', async () => {
  const { DATABASE_URL: _, FLEET_TOKEN: __, ...some } = goodSecrets;
  const file = path.join(folder, 'secrets.env');
  await writeFile(
    file,
    Object.entries(some)
      .map(([name, value]) => `${name}='${value}'\n`)
      .join(''),
  );
  const env = { ...account, FLEET_TOKEN: goodSecrets.FLEET_TOKEN };
  const missing = await command(['--env', 'production', '--dry-run', '--secrets', file], env);
  expect(missing).toEqual({
    exitCode: 1,
    said: expect.stringContaining('Secrets are missing: DATABASE_URL.'),
  });

  fake.state.scripts.set('millrace', { versions: [], deployments: [], schedules: [], workersDev: false });
  const known = { tag: undefined, message: undefined, metadata: {}, secrets: { DATABASE_URL: 'x' } };
  fake.state.scripts.get('millrace')?.versions.push({ id: 'v', ...known });
  fake.state.scripts
    .get('millrace')
    ?.deployments.push({ id: 'd', version_id: 'v', message: undefined, created_on: '' });
  const { exitCode, said } = await command(['--env', 'production', '--dry-run', '--secrets', file], env);
  expect(exitCode).toBe(0);
  expect(said).toContain('+ queue millrace-nudges');
  expect(said).toContain('= secret DATABASE_URL');
  expect(said).toContain('+ secret FLEET_TOKEN');
  expect(said).toMatch(/~ Worker millrace, version \w{20}.*\(an unknown version now, secrets/);
  for (const value of [...Object.values(goodSecrets), fake.token]) expect(said).not.toContain(value);
  expect(fake.calls.every((call) => call.startsWith('GET '))).toBe(true);
}, 120_000);

test.each([
  [['--env', 'nowhere'], 'has no [env.nowhere]'],
  [['--settings', '/nonexistent.yaml'], '/nonexistent.yaml cannot be read'],
  [['--sparkle'], "Unknown option '--sparkle'"],
  [['--secrets', '/nonexistent.env'], '/nonexistent.env cannot be read'],
])('%s is refused with a reason', async (args, reason) => {
  const { exitCode, said } = await command(args, account);
  expect([exitCode, said]).toEqual([1, expect.stringContaining(reason)]);
});

test('without an account or a token it says which', async () => {
  expect((await command([], {})).said).toContain('CLOUDFLARE_ACCOUNT_ID is missing');
  expect((await command([], { CLOUDFLARE_ACCOUNT_ID: fake.accountId })).said).toContain(
    'CLOUDFLARE_API_TOKEN',
  );
});

test('a secret that somebody else prints is not repeated', async () => {
  const secrets = path.join(folder, 'wrong.env');
  await writeFile(secrets, "FLEET_TOKEN='a-token-of-the-fleet'\nPASSWORD='x'\n");
  expect((await command(['--secrets', secrets], account)).said).toContain(
    'not secrets of the Worker: PASSWORD',
  );
  // Here the message names a file, and the file happens to be named as the secret is.
  const { said } = await command(['--settings', '/a-token-of-the-fleet.yaml'], {
    ...account,
    FLEET_TOKEN: 'a-token-of-the-fleet',
  });
  expect(said).toBe('/….yaml cannot be read');
});
