import { randomUUID } from 'node:crypto';
import { Redis } from '@upstash/redis/cloudflare';
import { expect, inject, test } from 'vitest';
import { openRedis } from './redis-gate.ts';
import { redisStatusCache, statusKey } from './redis-status-cache.ts';

const settings = inject('services').redis;
const redis = new Redis(settings);

function open(url = settings.url) {
  return redisStatusCache(openRedis({ ...settings, url }, { silentUntil: 0 }, () => Date.now()));
}

test('gives back what was put, for as long as was said', async () => {
  const cache = open();
  const id = randomUUID();
  expect(await cache.get(id)).toBeNull();
  await cache.put(
    { jobId: id, projectId: 'default' },
    { status: 'queued', text: 'é:1' },
    { version: 1, workDone: 0 },
    1_234,
  );
  expect(await cache.get(id)).toEqual({ status: 'queued', text: 'é:1' });
  expect(await redis.ttl(statusKey(id))).toBeGreaterThan(1_224);
  expect(await redis.ttl(statusKey(id))).toBeLessThanOrEqual(1_234);
});

test.each([
  { name: 'an older version', version: { version: 2, workDone: 900 }, kept: 'first' },
  { name: 'less work of the same version', version: { version: 3, workDone: 9 }, kept: 'first' },
  { name: 'the same again', version: { version: 3, workDone: 10 }, kept: 'second' },
  { name: 'more work', version: { version: 3, workDone: 100 }, kept: 'second' },
  { name: 'a newer version', version: { version: 10, workDone: 0 }, kept: 'second' },
])('of two records the newer stays: $name', async ({ version, kept }) => {
  const cache = open();
  const id = randomUUID();
  await cache.put({ jobId: id, projectId: 'default' }, 'first', { version: 3, workDone: 10 }, 60);
  await cache.put({ jobId: id, projectId: 'default' }, 'second', version, 60);
  expect(await cache.get(id)).toBe(kept);
});

test('what is forgotten is not brought back by a late put', async () => {
  const cache = open();
  const id = randomUUID();
  await cache.put({ jobId: id, projectId: 'default' }, 'here', { version: 1, workDone: 0 }, 60);
  await cache.forget(id);
  await cache.put({ jobId: id, projectId: 'default' }, 'late', { version: 99, workDone: 99 }, 60);
  expect(await cache.get(id)).toBeNull();
  expect(await redis.ttl(statusKey(id))).toBeGreaterThan(0);
});

test('an entry that is not ours reads as nothing, and is replaced', async () => {
  const cache = open();
  const id = randomUUID();
  await redis.set(statusKey(id), '1:1:{broken');
  expect(await cache.get(id)).toBeNull();
  await redis.set(statusKey(id), 'scribble');
  expect(await cache.get(id)).toBeNull();
  await cache.put({ jobId: id, projectId: 'default' }, 'ours', { version: 1, workDone: 0 }, 60);
  expect(await cache.get(id)).toBe('ours');
});

test('a Redis that is away reads as empty and throws nothing', async () => {
  const cache = open('http://127.0.0.1:1');
  await cache.put({ jobId: 'id', projectId: 'default' }, 'x', { version: 1, workDone: 0 }, 60);
  await cache.forget('id');
  expect(await cache.get('id')).toBeNull();
});
