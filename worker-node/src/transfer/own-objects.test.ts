import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBlockCache } from './block-cache.ts';
import { createOwnObjects, type OwnObjects } from './own-objects.ts';

let folder: string;
let own: OwnObjects;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-own-'));
  own = createOwnObjects(await openBlockCache(join(folder, 'cache'), 250));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const signed = (method: string, url: string) => ({ method, url, headers: {} });
const put = (key: string) => signed('PUT', `https://store.example/bucket/${key}?X-Amz-Signature=put`);
const get = (key: string) => signed('GET', `https://store.example/bucket/${key}?X-Amz-Signature=get`);

test('what was stored is found by who may read it, whatever the signature', async () => {
  const body = Buffer.from('a segment');
  await own.keep(put('p/t/1/1080p/1.m4s'), body);
  expect(await own.find(get('p/t/1/1080p/1.m4s'))).toEqual(body);
  for (const other of [
    get('p/t/1/1080p/2.m4s'),
    get('p/t/2/1080p/1.m4s'),
    signed('GET', 'https://elsewhere.example/bucket/p/t/1/1080p/1.m4s'),
  ]) {
    expect(await own.find(other)).toBeNull();
  }
});

test('the oldest make room for the newest', async () => {
  for (const key of ['a', 'b', 'c']) await own.keep(put(key), Buffer.alloc(100));
  expect(await own.find(get('a'))).toBeNull();
  expect(await own.find(get('c'))).toHaveLength(100);
});
