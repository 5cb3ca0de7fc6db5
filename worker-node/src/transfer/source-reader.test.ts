import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createSystemClock } from '../clock/system-clock.ts';
import { TaskFailure } from '../task-failure.ts';
import { type FakeStorage, startFakeStorage } from '../testing/fake-storage.ts';
import { createImpatientClock } from '../testing/impatient-clock.ts';
import { createTestTools, type TestTools } from '../testing/test-tools.ts';
import { openBlockCache } from './block-cache.ts';
import { CachedSource, type SourceUser } from './cached-source.ts';
import { startSourceReader } from './source-reader.ts';

const BLOCK = 1_000;
const OBJECT = Buffer.from(Array.from({ length: 4_500 }, (_, i) => (i * 31) & 0xff));

let storage: FakeStorage;
let env: TestTools;
beforeEach(async () => {
  storage = await startFakeStorage();
  env = await createTestTools({ blockBytes: BLOCK, clock: createImpatientClock() });
  storage.objects.set('film', OBJECT);
});
afterEach(async () => {
  await env.close();
  await storage.close();
});

function open(user: Partial<SourceUser> = {}) {
  const source = { key: 'film', sizeBytes: OBJECT.length, etag: storage.etag('film') };
  return env.tools.sourceReader.open(source, {
    sign: async () => storage.get('film'),
    signal: new AbortController().signal,
    onFetched: () => {},
    ...user,
  });
}

/** Storage that answers 503 from now on. Returns a function that ends it. */
function outage(): () => void {
  storage.fault = (_request, response) => {
    response.writeHead(503).end();
    return true;
  };
  return () => {
    storage.fault = () => false;
  };
}

async function get(url: string, range?: string) {
  const answer = await request(url, range ? { headers: { range } } : {});
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: Buffer.from(await answer.body.arrayBuffer()),
  };
}

test('the whole and any range come out as they lie in storage', async () => {
  const source = open();
  expect((await get(source.url)).body.equals(OBJECT)).toBe(true);
  const middle = await get(source.url, 'bytes=900-2100');
  expect(middle.status).toBe(206);
  expect(middle.headers['content-range']).toBe('bytes 900-2100/4500');
  expect(middle.body.equals(OBJECT.subarray(900, 2101))).toBe(true);
  expect((await get(source.url, 'bytes=-10')).body.equals(OBJECT.subarray(-10))).toBe(true);
  expect((await get(source.url, 'bytes=4500-')).status).toBe(416);
});

test('each block is fetched once, by however many readers and tasks', async () => {
  const [a, b] = [open(), open()];
  await Promise.all([get(a.url), get(b.url), get(a.url), get(b.url, 'bytes=1500-')]);
  a.close();
  b.close();
  const later = open();
  expect((await get(later.url)).body.equals(OBJECT)).toBe(true);
  expect(env.counted.downloaded).toBe(OBJECT.length);
});

test('blocks that are wanted together come with one request, and what is there is not asked for', async () => {
  const source = open();
  await source.read(2_100, 10);
  await source.read(0, 4_500);
  expect(storage.requests).toEqual(
    ['2000-2999', '0-1999', '3000-4499'].map((range) => `GET film bytes=${range}`),
  );
});

test('what was fetched is counted for the task that asked for it, once', async () => {
  const fetched = { a: 0, b: 0 };
  const a = open({ onFetched: (bytes) => (fetched.a += bytes) });
  const b = open({ onFetched: (bytes) => (fetched.b += bytes) });
  await a.read(0, 2_500);
  await b.read(0, 4_500);
  expect(fetched).toEqual({ a: 3_000, b: 1_500 });
});

/** A film too long for the buffers between us and its reader, read as on a worker. */
async function openLong(user: Partial<SourceUser> = {}) {
  const long = Buffer.alloc(16 * 1024 * 1024);
  storage.objects.set('film', long);
  const cache = await openBlockCache(join(env.scratch, 'real'), 2 ** 30);
  const reader = await startSourceReader({ ...env.tools, clock: createSystemClock() }, cache);
  const source = reader.open(
    { key: 'film', sizeBytes: long.length, etag: storage.etag('film') },
    {
      ...{ sign: async () => storage.get('film'), signal: new AbortController().signal, onFetched: () => {} },
      ...user,
    },
  );
  const close = async () => {
    source.close();
    await reader.close();
    await cache.clear();
  };
  return { source, close };
}

test('who glances at a source and reads fast waits for fewer requests than who may stop anywhere', async () => {
  const counts: number[] = [];
  for (const reading of ['stretch', 'glance'] as const) {
    const { source, close } = await openLong({ reading });
    const earlier = storage.requests.length;
    expect((await get(source.url)).body.length).toBe(16 * 1024 * 1024);
    counts.push(storage.requests.length - earlier);
    await close();
  }
  const [stretch = 0, glance = 0] = counts;
  expect(glance).toBeLessThan(stretch * 0.75);
});

test('what a stretch is likely to read comes with few requests, and what lies beyond it in small ones', async () => {
  const MB = 1024 * 1024;
  const { source, close } = await openLong({ likelyBytes: 8 * MB });
  const earlier = storage.requests.length;
  expect((await get(source.url, `bytes=${MB}-`)).body.length).toBe(15 * MB);
  const ranges = storage.requests.slice(earlier).map((line) => {
    const [, from, to] = /bytes=(\d+)-(\d+)$/.exec(line) ?? [];
    return { from: Number(from), bytes: Number(to) - Number(from) + 1 };
  });
  const within = ranges.filter(({ from }) => from < 9 * MB);
  expect(within.length).toBeLessThanOrEqual(6);
  expect(Math.max(...ranges.filter(({ from }) => from >= 9 * MB).map(({ bytes }) => bytes))).toBeLessThan(MB);
  await close();
});

test('nothing is fetched for the buffers between us and a slow reader', async () => {
  const { source, close } = await openLong();
  const socket = connect(Number(new URL(source.url).port), '127.0.0.1');
  socket.write(`GET ${new URL(source.url).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  let before = -1;
  const settled = () => {
    const same = before === env.counted.downloaded;
    before = env.counted.downloaded;
    return same;
  };
  await expect.poll(settled, { interval: 200 }).toBe(true);
  // Without the wait it is what the kernel takes, about four megabytes.
  expect(env.counted.downloaded).toBeLessThan(1024 * 1024);
  socket.destroy();
  await close();
});

test('a path that was closed, or guessed, is not there', async () => {
  const source = open();
  source.close();
  expect((await get(source.url)).status).toBe(404);
  expect((await get(new URL('/guess', source.url).href)).status).toBe(404);
});

test('an expired URL is asked for anew, once it is refused', async () => {
  let refused = 0;
  storage.fault = (_request, response) => {
    if (refused > 0) return false;
    refused += 1;
    response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
    return true;
  };
  const signs: boolean[] = [];
  const source = open({
    async sign(fresh) {
      signs.push(fresh);
      return storage.get('film');
    },
  });
  expect((await source.read(0, 10)).equals(OBJECT.subarray(0, 10))).toBe(true);
  expect(signs).toEqual([false, true]);
});

test('storage that stumbles is tried again', async () => {
  let left = 2;
  storage.fault = (request, response) => {
    left -= 1;
    if (left < 0) return false;
    if (left === 0) request.socket.destroy();
    else response.writeHead(503).end();
    return true;
  };
  expect((await open().read(0, 4_500)).equals(OBJECT)).toBe(true);
});

test('storage that is away for a minute costs nothing but the minute', async () => {
  const end = outage();
  const { clock } = env.tools;
  const endsAt = clock.monotonic() + 60_000;
  const source = open({
    async sign() {
      if (clock.monotonic() >= endsAt) end();
      return storage.get('film');
    },
  });
  expect((await source.read(0, 4_500)).equals(OBJECT)).toBe(true);
  expect(storage.requests.length).toBeLessThan(40);
});

test('storage that stays away is storage_unavailable, and the reader of the URL can ask why', async () => {
  outage();
  const source = open();
  await expect(get(source.url)).rejects.toThrow();
  expect(source.failure()).toMatchObject({ code: 'storage_unavailable' });
});

test('a reader that is stopped does not wait for storage to come back, and those beside it go on', async () => {
  const stop = new AbortController();
  const end = outage();
  const other = open();
  const stopped = open({ signal: stop.signal });
  const reads = [stopped.read(0, 10), other.read(0, 10)];
  stop.abort(new Error('canceled'));
  await expect(reads[0]).rejects.toThrow('canceled');
  end();
  expect((await reads[1])?.equals(OBJECT.subarray(0, 10))).toBe(true);
});

test('a task that loses its lease, or is stopped, does not fail another that reads the same source', async () => {
  const lost = async () => {
    throw new TaskFailure('worker_error', 'no lease');
  };
  open({ sign: lost, signal: AbortSignal.abort(new Error('stopped')) });
  open({ sign: lost });
  const other = open();
  open({ sign: lost });
  expect((await get(other.url)).body.equals(OBJECT)).toBe(true);
  expect(other.failure()).toBeNull();
});

test('a source that cannot be served for any other reason is not taken for one that is cut off', async () => {
  const source = open();
  vi.spyOn(CachedSource.prototype, 'blockAt').mockRejectedValueOnce(new RangeError('a bug'));
  await expect(get(source.url)).rejects.toThrow();
  expect(source.failure()).toMatchObject({ code: 'worker_error', message: expect.stringContaining('a bug') });
});

test('an object that was replaced, or removed, says so', async () => {
  const source = open();
  storage.objects.set('film', Buffer.alloc(OBJECT.length));
  await expect(source.read(0, 10)).rejects.toMatchObject({ code: 'source_changed' });
  storage.objects.delete('film');
  await expect(open().read(0, 10)).rejects.toMatchObject({ code: 'source_missing' });
});

test('a replaced object is noticed where If-Match is not understood', async () => {
  const source = open();
  const other = Buffer.alloc(OBJECT.length);
  storage.fault = (_request, response) => {
    const etag = `"${createHash('md5').update(other).digest('hex')}"`;
    response
      .writeHead(206, { etag, 'content-range': `bytes 0-999/${other.length}` })
      .end(other.subarray(0, BLOCK));
    return true;
  };
  await expect(source.read(0, 10)).rejects.toMatchObject({ code: 'source_changed' });
});
