import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createScratch } from './scratch.ts';

async function setUp() {
  const root = await mkdtemp(join(tmpdir(), 'millrace-scratch-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return { root, scratch: createScratch(join(root, 'attempts')) };
}

test('leftovers of an earlier life are removed at the start', async () => {
  const { root, scratch } = await setUp();
  const directory = await scratch.create('a-1');
  await writeFile(join(directory, 'chunk.mp4'), 'x');
  await createScratch(join(root, 'attempts')).clear();
  expect(await readdir(join(root, 'attempts'))).toEqual([]);
});

test('a directory is empty when an attempt gets it, and gone after it', async () => {
  const { root, scratch } = await setUp();
  const first = await scratch.create('a-1');
  await writeFile(join(first, 'rest'), 'x');
  const again = await scratch.create('a-1');
  expect(await readdir(again)).toEqual([]);
  await scratch.remove(again);
  expect(await readdir(join(root, 'attempts'))).toEqual([]);
});
