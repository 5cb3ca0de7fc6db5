import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { localBucketKeys } from './edge.ts';
import { repositoryRoot } from './repository-root.ts';

test('the keys of the local bucket are those that wrangler.toml gives it', async () => {
  const settings = await readFile(path.join(repositoryRoot, 'wrangler.toml'), 'utf8');
  const { accessKeyId, secretAccessKey } = localBucketKeys;
  expect(settings).toContain(`{ accessKeyId = "${accessKeyId}", secretAccessKey = "${secretAccessKey}" }`);
});
