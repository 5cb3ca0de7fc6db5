import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../deploy/local/wait-until.ts';

/** Says what reaches it; ends at the second signal, or when its starter is gone. */
const program = `
  let signals = 0;
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => {
    console.log(name);
    signals += 1;
    if (signals === 2) process.exit(7);
  });
  process.on('disconnect', () => { console.log('alone'); process.exit(8); });
  console.log('up', process.pid, process.env.WRANGLER_SEND_METRICS);
  setTimeout(() => process.exit(9), 60_000);
`;
const starter = `
  import { runProgram } from '${pathToFileURL(join(import.meta.dirname, 'run-program.mjs')).href}';
  const root = process.argv[2];
  const node = { binary: process.execPath, binFolder: root };
  process.exitCode = await runProgram({ root, node, script: root + '/program.mjs', args: [], env: {} });
`;

let folder: string;
let child: ChildProcess;
let output: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-run-'));
  await writeFile(join(folder, 'program.mjs'), program);
  await writeFile(join(folder, 'starter.mjs'), starter);
  const { npm_lifecycle_event: _, ...env } = process.env;
  child = spawn(process.execPath, [join(folder, 'starter.mjs'), folder], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  output = '';
  child.stdout?.on('data', (data: Buffer) => {
    output += data.toString();
  });
  expect(await waitUntil(() => output.startsWith('up'), 20_000)).toBe(true);
});
afterEach(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

test('a Ctrl-C that arrives twice, from the terminal and from npm, is one; a later one is the second', async () => {
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) child.kill(signal);
  expect(await waitUntil(() => output.includes('SIGINT'), 10_000)).toBe(true);
  expect(output).toMatch(/^up \d+ false\nSIGINT\n$/);

  const closed = once(child, 'close');
  const pressAgain = () => {
    child.kill('SIGTERM');
    return output.includes('SIGTERM');
  };
  expect(await waitUntil(pressAgain, 10_000, 50)).toBe(true);
  const [code] = await closed;
  expect(code).toBe(7);
  expect(output).toMatch(/\nSIGINT\nSIGTERM\n$/);
});

test('when the starter is killed outright the program learns of it', async () => {
  child.kill('SIGKILL');
  expect(await waitUntil(() => output.includes('alone'), 10_000)).toBe(true);
});
