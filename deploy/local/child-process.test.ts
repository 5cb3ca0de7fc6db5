import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild } from './child-process.ts';
import { groupIsAlive } from './process-group.ts';
import { waitUntil } from './wait-until.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'millrace-child-'));
});
afterAll(() => rm(dir, { recursive: true }));

test('a child is ready when its condition holds, its output is in the log, and stop ends it', async () => {
  const logFile = path.join(dir, 'logs', 'echo.log');
  const child = await startChild({
    ...shell('echo "hello $WORD"; exec sleep 60'),
    env: { WORD: 'world' },
    logFile,
    isReady: async () => (await readFile(logFile, 'utf8')).includes('hello world'),
  });

  await child.stop();

  expect(await child.exited).toEqual({ code: null, signal: 'SIGTERM' });
  expect(groupIsAlive(child.pid)).toBe(false);
  await child.stop();
});

test('a child that ends early is told with the end of its log', async () => {
  const starting = startChild({
    ...shell('echo "port 1 is taken" >&2; exit 3'),
    logFile: path.join(dir, 'early.log'),
    isReady: () => false,
  });
  await expect(starting).rejects.toThrow(/greeter ended \(exit code 3\)[\s\S]*port 1 is taken/);
});

test('a child that is never ready is stopped and told with the end of its log', async () => {
  const pidFile = path.join(dir, 'pid');
  const starting = startChild({
    ...shell('echo $$ > "$PID_FILE"; echo waiting; exec sleep 60'),
    env: { PID_FILE: pidFile },
    logFile: path.join(dir, 'late.log'),
    isReady: () => {
      throw new Error('connection refused');
    },
    readyTimeoutMs: 300,
  });
  await expect(starting).rejects.toThrow(/greeter was not ready within 300 ms[\s\S]*waiting/);
  expect(groupIsAlive(Number(await readFile(pidFile, 'utf8')))).toBe(false);
});

test('a program that does not exist is told by name', async () => {
  const starting = startChild({
    name: 'greeter',
    command: path.join(dir, 'nothing-here'),
    args: [],
    logFile: path.join(dir, 'none.log'),
    isReady: () => true,
  });
  await expect(starting).rejects.toThrow(/cannot start greeter.*ENOENT/);
});

test('stop takes descendants along, and kills those who refuse to go', async () => {
  const readyFile = path.join(dir, 'stubborn-is-ready');
  const child = await startChild({
    ...shell(
      'sh -c \'trap "" TERM; echo ready > "$READY_FILE"; while :; do sleep 0.1; done\' & exec sleep 60',
    ),
    env: { READY_FILE: readyFile },
    logFile: path.join(dir, 'stubborn.log'),
    isReady: async () => (await readFile(readyFile, 'utf8')) !== '',
    stopTimeoutMs: 200,
  });

  await child.stop();

  expect(groupIsAlive(child.pid)).toBe(false);
});

test('children do not outlive an owner that is killed', async () => {
  const pidFile = path.join(dir, 'orphan');
  const script = `
    import { startChild } from ${JSON.stringify(path.join(import.meta.dirname, 'child-process.ts'))};
    import { writeFileSync } from 'node:fs';
    const child = await startChild({ name: 'orphan', command: 'sleep', args: ['60'],
      logFile: ${JSON.stringify(path.join(dir, 'orphan.log'))}, isReady: () => true });
    writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
  `;
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  const pid = async () => Number(await readFile(pidFile, 'utf8').catch(() => ''));
  expect(await waitUntil(async () => (await pid()) > 0, 10_000)).toBe(true);

  owner.kill('SIGKILL');

  const orphan = await pid();
  expect(await waitUntil(() => !groupIsAlive(orphan), 10_000)).toBe(true);
});

function shell(script: string) {
  return { name: 'greeter', command: '/bin/sh', args: ['-c', script] };
}
