import { existsSync } from 'node:fs';
import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBlockCache } from './block-cache.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const block = (fill: number) => Buffer.alloc(100, fill);

test('what was used least recently goes first', async () => {
  const cache = await openBlockCache(join(folder, 'blocks'), 250);
  await cache.put('a', block(1));
  await cache.put('b', block(2));
  await cache.get('a');
  await cache.put('c', block(3));
  expect(await cache.get('b')).toBeNull();
  expect(await cache.get('a')).toEqual(block(1));
  expect(await cache.get('c')).toEqual(block(3));
});

test('a block that the disk lost is not there', async () => {
  const cache = await openBlockCache(join(folder, 'blocks'), 250);
  await cache.put('a', block(1));
  await unlink(join(folder, 'blocks', 'a'));
  expect(await cache.get('a')).toBeNull();
  await cache.put('b', block(2));
  await writeFile(join(folder, 'blocks', 'b'), 'torn');
  expect(await cache.get('b')).toBeNull();
});

test('a disk that takes nothing costs nothing but speed', async () => {
  const cache = await openBlockCache(join(folder, 'blocks'), 250);
  await rm(join(folder, 'blocks'), { recursive: true });
  await cache.put('a', block(1));
  expect(await cache.get('a')).toBeNull();
});

test('blocks that are still being written when it is cleared are gone with the rest', async () => {
  const directory = join(folder, 'blocks');
  const cache = await openBlockCache(directory, 2 ** 30);
  const large = Buffer.alloc(4 * 1024 * 1024);
  const writing = Array.from({ length: 20 }, (_, i) => cache.put(`early-${i}`, large));
  await cache.clear();
  expect(existsSync(directory)).toBe(false);
  await Promise.all(writing);
  await cache.put('late', block(1));
  expect(existsSync(directory)).toBe(false);
  expect(await cache.get('late')).toBeNull();
});
