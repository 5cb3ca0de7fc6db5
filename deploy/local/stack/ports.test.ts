import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keepPorts } from './ports.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-ports-'));
  file = path.join(folder, 'ports.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a name keeps its port from one stack to the next, and each has its own', async () => {
  const first = await keepPorts(file);
  const taken = await Promise.all(['edge', 'bridge', 'worker-1'].map((name) => first.take(name)));
  expect(new Set(taken).size).toBe(3);
  const second = await keepPorts(file);
  expect(await Promise.all(['edge', 'bridge', 'worker-1'].map((name) => second.take(name)))).toEqual(taken);
});

test('a port that somebody else has by now is given up', async () => {
  const port = await (await keepPorts(file)).take('edge');
  const squatter = createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  expect(await (await keepPorts(file)).take('edge')).not.toBe(port);
  squatter.close();
});

test('a file that makes no sense is made anew', async () => {
  await writeFile(file, '{"edge": "eighty"');
  const port = await (await keepPorts(file)).take('edge');
  expect(await (await keepPorts(file)).take('edge')).toBe(port);
});
