import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { parseProcStat } from './proc-stat.ts';
import { readProcesses } from './read-processes.ts';
import { treeCpuSeconds } from './tree-cpu.ts';

const LINE =
  '4711 (tricky) name (x) S 42 4711 4711 0 -1 4194304 1 2 3 4 150 50 1000 300 20 0 11 0 99 1 2 18446744073709551615';

test('own time and that of ended descendants are told apart, whatever the name looks like', () => {
  expect(parseProcStat(LINE)).toEqual({ pid: 4711, parentPid: 42, ownSeconds: 2, endedSeconds: 13 });
});

test('anything else is refused', () => {
  expect(() => parseProcStat('')).toThrow('no line of /proc/PID/stat');
  expect(() => parseProcStat('12 (node) S 1 2')).toThrow('no line of /proc/PID/stat');
});

test('a tree is all descendants of its root and nobody else', () => {
  const processes = [
    { pid: 1, parentPid: 0, ownSeconds: 60, endedSeconds: 40 },
    { pid: 2, parentPid: 1, ownSeconds: 1, endedSeconds: 0 },
    { pid: 3, parentPid: 2, ownSeconds: 0, endedSeconds: 2 },
    { pid: 4, parentPid: 3, ownSeconds: 3, endedSeconds: 1 },
    { pid: 5, parentPid: 1, ownSeconds: 8, endedSeconds: 0 },
  ];
  expect(treeCpuSeconds(2, processes)).toBe(7);
  expect(treeCpuSeconds(9, processes)).toBe(0);
});

test('what a descendant used stays counted when it has ended', async () => {
  const before = treeCpuSeconds(process.pid, readProcesses());
  const busy = 'while (process.cpuUsage().user < 100_000);';
  await once(spawn(process.execPath, ['-e', busy], { stdio: 'ignore' }), 'exit');
  expect(treeCpuSeconds(process.pid, readProcesses()) - before).toBeGreaterThan(0.05);
});
