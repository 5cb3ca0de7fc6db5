import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startChild } from '@millrace/local/child-process.ts';
import { expect, onTestFinished, test } from 'vitest';
import { programUse } from './program-use.ts';

const MIB = 1024 ** 2;
const CPU_SECONDS = 0.3;

/** Has 200 MiB, gives them back, and has worked for a while. */
const GREEDY = `
  let memory = Buffer.alloc(200 * ${MIB}, 1);
  memory = null;
  gc();
  while (process.cpuUsage().user < ${CPU_SECONDS} * 1e6);
  require('node:fs').writeFileSync(process.argv[1], '');
  setInterval(() => {}, 1_000);
`;

test('what a program of a group has taken is told, also what it gave back, and of no other', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-use-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [logFile, done] = [path.join(folder, 'log'), path.join(folder, 'done')];
  const greedy = await startChild({
    ...{ name: 'greedy', command: process.execPath, args: ['--expose-gc', '-e', GREEDY, done] },
    ...{ logFile, isReady: () => existsSync(done) },
  });
  onTestFinished(() => greedy.stop());
  const idle = await startChild({
    ...{ name: 'idle', command: 'sleep', args: ['60'], logFile, isReady: () => true },
  });
  onTestFinished(() => idle.stop());

  const node = path.basename(process.execPath);
  const use = programUse(greedy.pid, node);
  expect(use.peakBytes).toBeGreaterThan(200 * MIB);
  // The kernel counts in hundredths.
  expect(use.cpuSeconds).toBeGreaterThanOrEqual(CPU_SECONDS - 0.05);
  const nothing = { peakBytes: 0, cpuSeconds: 0 };
  expect(programUse(greedy.pid, 'sleep')).toEqual(nothing);
  expect(programUse(idle.pid, node)).toEqual(nothing);
});
