import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../deploy/local/wait-until.ts';
import { oncePerKeyPress } from './run-program.mjs';

/** Says what reaches it, and ends. */
const program = `
  process.on('SIGTERM', () => { console.log('SIGTERM'); process.exit(7); });
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

test('the program is told of a signal, and its exit code is ours', async () => {
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  expect(code).toBe(7);
  expect(output).toMatch(/^up \d+ false\nSIGTERM\n$/);
});

test('when the starter is killed outright the program learns of it', async () => {
  child.kill('SIGKILL');
  expect(await waitUntil(() => output.includes('alone'), 10_000)).toBe(true);
});

test('a Ctrl-C that arrives twice, from the terminal and from npm, is one; a later one is a second', () => {
  let now = 0;
  const passed: string[] = [];
  const pass = oncePerKeyPress(
    (signal) => passed.push(signal),
    () => now,
  );
  pass('SIGINT');
  now = 20;
  pass('SIGINT');
  pass('SIGTERM');
  expect(passed).toEqual(['SIGINT']);
  now = 1_000;
  pass('SIGINT');
  expect(passed).toEqual(['SIGINT', 'SIGINT']);
});
