import { randomUUID } from 'node:crypto';
import { expect, inject, test, vi } from 'vitest';
import { Refusal } from '../refusal.ts';
import { openS3Storage } from './s3-storage.ts';
import { StorageRefusal } from './storage.ts';

/* Against the S3 that `wrangler dev` serves, which checks signatures, expiry and conditions. */

const settings = inject('services').storage;
const MIB = 1024 ** 2;

function open(surroundings: { now?: number; fetch?: typeof fetch; publicEndpoint?: string } = {}) {
  const { now, publicEndpoint = settings.publicEndpoint, fetch } = surroundings;
  return openS3Storage(
    { ...settings, publicEndpoint },
    {
      now: () => now ?? Date.now(),
      fraction: () => 0,
      signingKeys: new Map(),
      ...(fetch ? { fetch } : {}),
    },
  );
}

async function put(request: { url: string; headers: Record<string, string> }, body: string, headers = {}) {
  const response = await fetch(request.url, {
    method: 'PUT',
    headers: { ...request.headers, ...headers },
    body,
  });
  await response.text();
  return response.status;
}

function newKey(): string {
  return `uploads/default/${randomUUID()}/clip.mp4`;
}

test('a signed PUT takes the announced type and size, and nothing else', async () => {
  const storage = open();
  const key = newKey();
  const request = await storage.presignPut(key, 60, { contentType: 'video/mp4', contentLength: 5 });
  expect(request.headers).toEqual({ 'content-type': 'video/mp4', 'content-length': '5' });
  expect(await put(request, 'video', { 'content-type': 'text/html' })).toBe(403);
  expect(await put({ ...request, headers: { 'content-type': 'video/mp4' } }, 'too long')).toBe(403);
  expect(await storage.head(key)).toBeNull();

  expect(await put(request, 'video')).toBe(200);
  expect(await storage.head(key)).toMatchObject({ sizeBytes: 5, contentType: 'video/mp4' });
});

test('a PUT signed to write once is refused the second time, and without its header', async () => {
  const storage = open();
  const request = await storage.presignPut(newKey(), 60, { once: true });
  expect(await put({ ...request, headers: {} }, 'a')).toBe(403);
  expect(await put(request, 'a')).toBe(200);
  expect(await put(request, 'b')).toBe(412);
});

test('a signed URL ends when it says', async () => {
  const key = newKey();
  const anHourAgo = await open({ now: Date.now() - 3_600_000 }).presignPut(key, 60, {});
  expect(await put(anHourAgo, 'a')).toBe(403);
});

test('signed URLs name the public endpoint, the moment, the region and every signed header', async () => {
  const storage = open({ now: Date.UTC(2026, 10, 22, 12), publicEndpoint: 'https://media.example' });
  const request = await storage.presignPut('uploads/p/1/a.mp4', 3600, {
    contentType: 'video/mp4',
    once: true,
  });
  const url = new URL(request.url);
  expect(`${url.origin}${url.pathname}`).toBe('https://media.example/test/uploads/p/1/a.mp4');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${settings.accessKeyId}/20261122/auto/s3/aws4_request`,
    'X-Amz-Date': '20261122T120000Z',
    'X-Amz-Expires': '3600',
    'X-Amz-SignedHeaders': 'content-type;host;if-none-match',
    'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(
    await storage.presignPut('uploads/p/1/a.mp4', 3600, { contentType: 'video/mp4', once: true }),
  ).toEqual(request);
});

test('a download link works and names the file', async () => {
  const storage = open();
  const key = newKey();
  await storage.putOnce(key, 'video', 'video/mp4');
  const { url } = await storage.presignGet(key, 60, { filename: '720p.mp4' });
  expect(await (await fetch(url)).text()).toBe('video');
  expect(new URL(url).searchParams.get('response-content-disposition')).toBe(
    'attachment;filename="720p.mp4"',
  );
});

test('a small object is written once: the same bytes again are fine, others are not', async () => {
  const storage = open();
  const key = newKey();
  await storage.putOnce(key, '#EXTM3U', 'text/plain');
  await storage.putOnce(key, '#EXTM3U', 'text/plain');
  await expect(storage.putOnce(key, 'other', 'text/plain')).rejects.toThrow(StorageRefusal);
  expect(await (await storage.get(key)).text()).toBe('#EXTM3U');
});

test('reads ranges, and says what it does not have', async () => {
  const storage = open();
  const key = newKey();
  await storage.putOnce(key, '0123456789', 'video/mp4');
  const part = await storage.get(key, { range: 'bytes=2-4' });
  expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
    206,
    'bytes 2-4/10',
    '234',
  ]);
  const missing = await storage.get(newKey());
  await missing.text();
  expect(missing.status).toBe(404);
});

test('shows how an object begins, and how large it is, in one request', async () => {
  const asked: string[] = [];
  const storage = open({
    fetch: (url, init) => {
      asked.push(init?.method ?? 'GET');
      return fetch(url, init);
    },
  });
  const key = newKey();
  await storage.putOnce(key, '0123456789', 'video/mp4');
  asked.length = 0;
  const begins = await storage.peek(key, 4);
  expect(new TextDecoder().decode(begins?.start)).toBe('0123');
  expect(begins).toMatchObject({ sizeBytes: 10, contentType: 'video/mp4' });
  expect(begins?.etag).toBe((await storage.head(key))?.etag);
  expect(asked).toEqual(['GET', 'HEAD']);

  expect((await storage.peek(key, 4_096))?.start).toHaveLength(10);
  const empty = newKey();
  await storage.putOnce(empty, '', 'video/mp4');
  expect(await storage.peek(empty, 4)).toMatchObject({ sizeBytes: 0 });
  expect(await storage.peek(newKey(), 4)).toBeNull();
});

test('takes no more of an object than it asked for, from a storage that sends all of it', async () => {
  const whole = async () => new Response('0123456789', { headers: { 'content-length': '10', etag: '"e"' } });
  const begins = await open({ fetch: whole }).peek('k', 4);
  expect(new TextDecoder().decode(begins?.start)).toBe('0123');
  expect(begins?.sizeBytes).toBe(10);
});

test('names the multipart uploads under way for a key, where storage tells', async () => {
  const answer = `<ListMultipartUploadsResult><Prefix>uploads/a</Prefix>
    <Upload><Key>uploads/a</Key><UploadId>one</UploadId></Upload>
    <Upload><Key>uploads/ab</Key><UploadId>other</UploadId></Upload>
    <Upload><Key>uploads/a</Key><UploadId>two</UploadId></Upload></ListMultipartUploadsResult>`;
  const telling = open({ fetch: async () => new Response(answer) });
  expect(await telling.listMultiparts('uploads/a')).toEqual(['one', 'two']);
  // The local one does not.
  expect(await open().listMultiparts('uploads/a')).toEqual([]);
});

test('lists what lies under a prefix, and deletes it', async () => {
  const storage = open();
  const prefix = `objects/default/${randomUUID()}/`;
  await storage.putOnce(`${prefix}1/a.m4s`, 'a', 'video/mp4');
  await storage.putOnce(`${prefix}1/b.m4s`, 'b', 'video/mp4');
  expect(await storage.list(prefix)).toEqual([`${prefix}1/a.m4s`, `${prefix}1/b.m4s`]);
  await storage.delete(`${prefix}1/a.m4s`);
  await storage.delete(`${prefix}1/a.m4s`);
  expect(await storage.list(prefix)).toEqual([`${prefix}1/b.m4s`]);
});

test('joins the parts of a multipart upload, and refuses parts it does not know', async () => {
  const storage = open();
  const key = newKey();
  const id = await storage.createMultipart(key, 'video/mp4');
  const parts = await Promise.all(
    ['a'.repeat(5 * MIB), 'end'].map(async (body, index) => {
      const { url } = await storage.presignPart(key, id, index + 1, 60);
      const response = await fetch(url, { method: 'PUT', body });
      return { partNumber: index + 1, etag: response.headers.get('etag') ?? '' };
    }),
  );
  const wrong = parts.map((part) => ({ ...part, etag: '"nonsense"' }));
  await expect(storage.completeMultipart(key, id, wrong)).rejects.toThrow(StorageRefusal);
  await storage.completeMultipart(key, id, parts);
  expect(await storage.head(key)).toMatchObject({ sizeBytes: 5 * MIB + 3, contentType: 'video/mp4' });
});

test('an aborted multipart upload can no longer be completed', async () => {
  const storage = open();
  const key = newKey();
  const id = await storage.createMultipart(key, 'video/mp4');
  await storage.abortMultipart(key, id);
  await expect(storage.completeMultipart(key, id, [{ partNumber: 1, etag: '"a"' }])).rejects.toThrow(
    StorageRefusal,
  );
});

test('an answer of 200 that holds an error is a refusal', async () => {
  const answer = '<Error><Code>InternalError</Code><Message>try again</Message></Error>';
  const storage = open({ fetch: async () => new Response(answer) });
  await expect(storage.completeMultipart('k', 'id', [])).rejects.toMatchObject({ code: 'InternalError' });
});

test('tries again when storage stumbles, and gives up after a few times', async () => {
  const answers = [
    () => Promise.reject(new TypeError('reset')),
    async () => new Response('', { status: 503 }),
  ];
  const stumbling = vi.fn(async () => {
    const next = answers.shift();
    return next ? next() : new Response(null, { headers: { 'content-length': '7', etag: '"e"' } });
  });
  expect(await open({ fetch: stumbling }).head('k')).toMatchObject({ sizeBytes: 7, etag: '"e"' });
  expect(stumbling).toHaveBeenCalledTimes(3);

  const down = vi.fn(async () => new Response('', { status: 500 }));
  const failure = await open({ fetch: down })
    .head('k')
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Refusal);
  expect(failure).toMatchObject({ code: 'storage_unavailable', retryAfterSeconds: 5 });
  expect(down).toHaveBeenCalledTimes(3);
});

test('never repeats a POST: the first may have worked', async () => {
  const down = vi.fn(async () => new Response('', { status: 500 }));
  await expect(open({ fetch: down }).createMultipart('k', 'video/mp4')).rejects.toThrow(Refusal);
  expect(down).toHaveBeenCalledTimes(1);
});

test('a wrong key is a refusal and not tried again', async () => {
  const storage = openS3Storage(
    { ...settings, secretAccessKey: 'another' },
    { now: () => Date.now(), fraction: () => 0, signingKeys: new Map() },
  );
  await expect(storage.head('k')).rejects.toMatchObject({ name: 'StorageRefusal', status: 403 });
});

test('many objects are deleted at once, and none beside them', async () => {
  const storage = open();
  const prefix = `objects/default/${randomUUID()}/`;
  const keys = ['1/a.m4s', '1/b.m4s', '1/c.m4s'].map((name) => prefix + name);
  for (const key of keys) await storage.putOnce(key, 'x', 'video/mp4');
  expect(await storage.deleteMany([keys[0] ?? '', keys[2] ?? '', `${prefix}1/none`])).toBe(3);
  expect(await storage.list(prefix)).toEqual([keys[1]]);
  expect(await storage.deleteMany([])).toBe(0);
});

test('where many cannot be deleted at once, some are one by one', async () => {
  const storage = open({
    fetch: async (input, init) => {
      const { href } = new URL(input instanceof Request ? input.url : input);
      return href.endsWith('?delete=') ? new Response('<Error/>', { status: 501 }) : fetch(input, init);
    },
  });
  const prefix = `objects/default/${randomUUID()}/`;
  const keys = Array.from({ length: 16 }, (_, n) => `${prefix}${n}`);
  for (const key of keys) await storage.putOnce(key, 'x', 'video/mp4');
  expect(await storage.deleteMany(keys)).toBe(15);
  expect(await storage.list(prefix)).toEqual(keys.slice(15));
});

test('an object that storage does not delete with the others is a refusal', async () => {
  const answer = '<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>';
  const storage = open({ fetch: async () => new Response(answer) });
  await expect(storage.deleteMany(['k'])).rejects.toMatchObject({ code: 'AccessDenied' });
});
