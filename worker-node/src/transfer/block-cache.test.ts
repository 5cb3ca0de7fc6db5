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
