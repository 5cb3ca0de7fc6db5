import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { COMPATIBILITY_DATE } from './workerd-config.ts';

const read = (file: string) => readFile(path.join(repositoryRoot, file), 'utf8');

it.each(['wrangler.toml', 'deploy/local/queue/wrangler.toml'])(
  'runs Workers of the date that %s has',
  async (file) => {
    expect(await read(file)).toContain(`compatibility_date = "${COMPATIBILITY_DATE}"`);
  },
);

it('is the workerd that wrangler brings', async () => {
  const own = z
    .object({ dependencies: z.object({ workerd: z.string() }) })
    .parse(JSON.parse(await read('deploy/package.json')));
  const wrangler = createRequire(createRequire(`${repositoryRoot}/`).resolve('wrangler/package.json'));
  const brought = z.object({ version: z.string() }).parse(wrangler('workerd/package.json'));
  expect(own.dependencies.workerd).toBe(brought.version);
});
