import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Redis as Upstash } from '@upstash/redis';
import { createClient } from 'redis';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { type Redis, startRedis } from './redis.ts';
import { startUpstashProxy, type UpstashProxy } from './upstash-proxy.ts';

const token = 'local-token';
let dataDir: string;
let server: Redis;
let proxy: UpstashProxy;
let redis: Upstash;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'millrace-upstash-'));
  server = await startRedis({ dataDir, port: await freePort() });
  proxy = await startUpstashProxy({ port: await freePort(), redisUrl: server.url, token });
  redis = connect();
});
afterAll(async () => {
  await proxy.stop();
  await server.stop();
  await rm(dataDir, { recursive: true });
});
beforeEach(async () => {
  await redis.flushall();
});

test('strings, numbers and objects come back as they went in, and nothing is null', async () => {
  expect(await redis.set('object', { id: 'j1', progress: 0.5, done: false })).toBe('OK');
  expect(await redis.get('object')).toEqual({ id: 'j1', progress: 0.5, done: false });
  await redis.mset({
    text: 'Ünïcödé \u{1f3ac}\n"',
    control: '\u0000\u0001\u001f\u007f',
    ok: 'OK',
    empty: '',
  });
  expect(await redis.mget('text', 'control', 'ok', 'empty', 'missing')).toEqual([
    'Ünïcödé \u{1f3ac}\n"',
    '\u0000\u0001\u001f\u007f',
    'OK',
    '',
    null,
  ]);
  expect(await redis.get('missing')).toBeNull();
  expect(await redis.exists('text', 'missing')).toBe(1);
});

test('bytes that are no text arrive as they are, in base64', async () => {
  const direct = createClient({ url: server.url });
  await direct.connect();
  await direct.set('bytes', Buffer.from([0xff, 0x00, 0xfe]));
  direct.destroy();
  expect(await post('/', ['GET', 'bytes'], { 'upstash-encoding': 'base64' })).toEqual({
    status: 200,
    body: { result: '/wD+' },
  });
});

test('an entry with a time to live has it, in Redis itself', async () => {
  await redis.set('status', 'x', { ex: 3600 });
  expect(await redis.ttl('status')).toBeGreaterThan(3590);
  expect(await redis.set('status', 'y', { nx: true })).toBeNull();
  expect(await redis.expire('status', 10)).toBe(1);
  expect(await redis.ttl('status')).toBeLessThanOrEqual(10);
  expect(await redis.pttl('missing')).toBe(-2);
  expect(await redis.incr('count')).toBe(1);
  expect(await redis.incrby('count', 41)).toBe(42);
});

test('hashes, lists and sorted sets have the shapes the SDK expects', async () => {
  expect(await redis.hset('hash', { status: 'processing', version: 7, epoch: '1' })).toBe(3);
  expect(await redis.hgetall('hash')).toEqual({ status: 'processing', version: 7, epoch: 1 });
  expect(await redis.hgetall('missing')).toBeNull();
  expect(await redis.hmget('hash', 'status', 'missing')).toEqual({ status: 'processing', missing: null });
  expect(await redis.rpush('list', 'a', 'b')).toBe(2);
  expect(await redis.lrange('list', 0, -1)).toEqual(['a', 'b']);
  await redis.zadd('sorted', { score: 1.5, member: 'm' });
  expect(await redis.zrange('sorted', 0, -1, { withScores: true })).toEqual(['m', 1.5]);
  expect(await redis.scan(0, { match: 'ha*', count: 1000 })).toEqual(['0', ['hash']]);
  expect(await redis.type('hash')).toBe('hash');
});

test('scripts run, by text and by hash, with keys, arguments and nested replies', async () => {
  const script =
    'redis.call("set", KEYS[1], ARGV[1]) return {redis.call("get", KEYS[1]), 7, {"deep", false}}';
  expect(await redis.eval(script, ['key'], ['välue'])).toEqual(['välue', 7, ['deep', null]]);
  const hash = await redis.scriptLoad('return ARGV[1]');
  expect(await redis.evalsha(hash, [], ['again'])).toBe('again');
  await expect(redis.evalsha('f'.repeat(40), [], [])).rejects.toThrow(/NOSCRIPT/);
  await expect(redis.eval('return redis.error_reply("STALE older version")', [], [])).rejects.toThrow(
    /STALE older version/,
  );
});

test('a pipeline answers each command, also those that fail', async () => {
  const pipeline = redis.pipeline();
  pipeline.set('text', 'x');
  pipeline.incr('text');
  pipeline.get('text');
  expect(await pipeline.exec({ keepErrors: true })).toMatchObject([
    { result: 'OK' },
    { error: expect.stringContaining('not an integer') },
    { result: 'x' },
  ]);
});

test('calls made together travel as one pipeline, and each gets its own answer', async () => {
  const auto = connect({ enableAutoPipelining: true });
  await Promise.all(Array.from({ length: 20 }, (_, n) => auto.set(`key-${n}`, n)));
  const found = await Promise.all(Array.from({ length: 20 }, (_, n) => auto.get(`key-${n}`)));
  expect(found).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

test('a transaction happens as a whole, or not at all', async () => {
  const multi = redis.multi();
  multi.set('a', '1');
  multi.incr('a');
  multi.hset('h', { x: 'y' });
  multi.hgetall('h');
  expect(await multi.exec()).toEqual(['OK', 2, 1, { x: 'y' }]);

  const broken = await post('/multi-exec', [
    ['SET', 'a', 'changed'],
    ['NO-SUCH-COMMAND', 'a'],
  ]);
  expect(broken).toMatchObject({ status: 400, body: { error: expect.stringContaining('EXECABORT') } });
  expect(await redis.get('a')).toBe(2);
});

test('what Redis refuses is HTTP 400 with its words', async () => {
  await redis.set('text', 'x');
  await expect(redis.incr('text')).rejects.toThrow(/ERR value is not an integer/);
  expect(await post('/', ['INCR', 'text'])).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('not an integer') },
  });
  expect(await post('/', ['SUBSCRIBE', 'x'])).toMatchObject({
    status: 400,
    body: { error: "ERR Command is not available: 'SUBSCRIBE'" },
  });
  expect(await post('/', [])).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('failed to parse') },
  });
  expect(await post('/', { GET: 'x' })).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('failed to parse') },
  });
});

test('a proxy stops cleanly after its Redis has gone', async () => {
  const port = await freePort();
  const gone = await startRedis({ dataDir, port });
  const lonely = await startUpstashProxy({ port: await freePort(), redisUrl: gone.url, token });
  const client = new Upstash({ url: lonely.url, token, enableTelemetry: false });
  expect(await client.set('key', 'value')).toBe('OK');
  await gone.stop();
  await lonely.stop();
});

test('another token is refused', async () => {
  const stranger = new Upstash({ url: proxy.url, token: 'wrong', enableTelemetry: false });
  await expect(stranger.get('x')).rejects.toThrow(/WRONGPASS/);
});

test('a Redis that is away or frozen is an error soon, and one that is back is found again', async () => {
  const port = Number(new URL(server.url).port);
  await redis.set('key', 'before');
  await server.stop();
  await expect(redis.get('key')).rejects.toThrow(/redis is not available/);

  server = await startRedis({ dataDir, port });
  expect(await redis.get('key')).toBeNull();

  const direct = createClient({ url: server.url });
  await direct.connect();
  const pid = Number(/process_id:(\d+)/.exec(await direct.info('server'))?.[1]);
  direct.destroy();
  process.kill(pid, 'SIGSTOP');
  try {
    await expect(redis.get('key')).rejects.toThrow(/no answer within 2000 ms/);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  expect(await redis.set('key', 'after')).toBe('OK');
});

test('/health says whether Redis answers, to whoever asks', async () => {
  const health = async (url: string) => (await fetch(`${url}/health`)).status;
  expect(await health(proxy.url)).toBe(200);
  const alone = await startUpstashProxy({
    port: await freePort(),
    redisUrl: `redis://127.0.0.1:${await freePort()}`,
    token,
  });
  expect(await health(alone.url)).toBe(503);
  await alone.stop();
});

function connect(options: { enableAutoPipelining?: boolean } = { enableAutoPipelining: false }): Upstash {
  return new Upstash({ url: proxy.url, token, enableTelemetry: false, retry: false, ...options });
}

async function post(where: string, command: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${proxy.url}${where}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(command),
  });
  return { status: response.status, body: await response.json() };
}
