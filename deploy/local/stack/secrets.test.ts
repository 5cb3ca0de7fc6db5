import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keepSecrets } from './secrets.ts';

test('secrets are random, kept, and nobody else may read them', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-secrets-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'secrets.json');
  const secrets = await keepSecrets(file);
  expect(await keepSecrets(file)).toEqual(secrets);
  expect(new Set(Object.values(secrets)).size).toBe(4);
  expect(await keepSecrets(path.join(folder, 'other.json'))).not.toEqual(secrets);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
