import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createChildMeter } from './child-meter.ts';
import { meterChild } from './meter-child.ts';

const BUSY = 'const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);';

test('what a program used of the CPU is its own, and a killed one is counted too', async () => {
  const childMeter = createChildMeter();
  const spent: number[] = [];
  const run = (script: string) => {
    const child = execa(process.execPath, ['-e', script], { reject: false });
    meterChild({ childMeter, onCpu: (micros) => spent.push(micros) }, child);
    return child;
  };
  await run(BUSY);
  const killed = run(`${BUSY} process.send ?? console.log('done'); setInterval(() => {}, 1000)`);
  killed.stdout.once('data', () => killed.kill('SIGKILL'));
  await killed;
  await run('0');
  expect(spent).toHaveLength(3);
  const [busy = 0, shot = 0, idle = 0] = spent;
  expect(Math.min(busy, shot)).toBeGreaterThanOrEqual(300_000);
  expect(idle).toBeLessThan(300_000);
});

test('memory is that of programs that run now', async () => {
  const childMeter = createChildMeter();
  const child = execa(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
    reject: false,
  });
  meterChild({ childMeter }, child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  expect(childMeter.residentBytes()).toBeGreaterThan(10 * 1024 ** 2);
  child.kill();
  await child;
  expect(childMeter.residentBytes()).toBe(0);
});

test('memory is counted in kilobytes, of whatever pages', () => {
  const files: Record<string, string> = {
    '/proc/7/status': 'Name:\tffmpeg\nVmHWM:\t   99999 kB\nVmRSS:\t   20480 kB\nThreads:\t3\n',
    // A zombie has none.
    '/proc/8/status': 'Name:\tffprobe\nState:\tZ (zombie)\n',
  };
  const meter = createChildMeter((file) => files[file] ?? null);
  for (const pid of [7, 8, 9]) meter.began(pid);
  expect(meter.residentBytes()).toBe(20 * 1024 ** 2);
});

test('names with blanks and brackets do not shift the figures; where nothing is known it is 0', () => {
  let stat = `1 (a) b (c) S ${'0 '.repeat(10)}7 8 100 50 20`;
  const meter = createChildMeter((file) => (file === '/proc/self/stat' ? stat : null));
  const own = meter.began(2);
  stat = `1 (a) b (c) S ${'0 '.repeat(10)}7 8 130 70 20`;
  expect(own.ended()).toBe(500_000);
  expect(
    createChildMeter(() => null)
      .began(3)
      .ended(),
  ).toBe(0);
});
