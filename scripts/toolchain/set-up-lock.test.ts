import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const program = `
  import { appendFileSync } from 'node:fs';
  import { setTimeout as sleep } from 'node:timers/promises';
  import { withSetUpLock } from '${pathToFileURL(join(import.meta.dirname, 'set-up-lock.mjs')).href}';
  const root = process.argv[2];
  await withSetUpLock(root, async () => {
    appendFileSync(root + '/diary', 'in ');
    await sleep(50);
    appendFileSync(root + '/diary', 'out ');
  });
`;

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-lock-'));
  await writeFile(join(root, 'program.mjs'), program);
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('set-ups of one checkout wait for each other, and a dead one is in nobody’s way', async () => {
  await mkdir(join(root, '.local'));
  await writeFile(join(root, '.local', 'set-up.lock'), '99999999');
  await Promise.all(Array.from({ length: 4 }, () => run()));
  expect(await readFile(join(root, 'diary'), 'utf8')).toBe('in out '.repeat(4));
}, 60_000);

function run() {
  return promisify(execFile)(process.execPath, [join(root, 'program.mjs'), root], { timeout: 50_000 });
}
