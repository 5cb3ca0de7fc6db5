import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeStorage, startFakeStorage } from '../testing/fake-storage.ts';
import { createImpatientClock } from '../testing/impatient-clock.ts';
import { createTestTools, type TestTools } from '../testing/test-tools.ts';
import { type UploadBody, uploadObject } from './upload-object.ts';

const BYTES = Buffer.from('a segment');

let storage: FakeStorage;
let env: TestTools;
beforeEach(async () => {
  storage = await startFakeStorage();
  env = await createTestTools({ clock: createImpatientClock() });
});
afterEach(async () => {
  await env.close();
  await storage.close();
});

function upload(body: UploadBody = BYTES, signal = new AbortController().signal) {
  return uploadObject(env.tools, async () => storage.put('object'), { what: 'object', body, signal });
}

test('bytes and files are stored with their length', async () => {
  expect(await upload()).toEqual({ sizeBytes: BYTES.length, etag: storage.etag('object') });
  expect(storage.objects.get('object')).toEqual(BYTES);
  storage.objects.clear();
  const file = join(env.scratch, 'object');
  await writeFile(file, BYTES);
  await upload({ file, sizeBytes: BYTES.length });
  expect(storage.objects.get('object')).toEqual(BYTES);
  expect(env.counted.uploaded).toBe(2 * BYTES.length);
});

test('an answer that was lost is made up for by the 412 of the next try', async () => {
  let first = true;
  storage.fault = (request) => {
    if (!first) return false;
    first = false;
    request.resume().on('end', () => {
      storage.objects.set('object', BYTES);
      request.socket.destroy();
    });
    return true;
  };
  expect(await upload()).toEqual({ sizeBytes: BYTES.length, etag: null });
});

test('an object that somebody else stored is not taken for ours', async () => {
  storage.objects.set('object', Buffer.from('other'));
  await expect(upload()).rejects.toMatchObject({ code: 'verification_failed' });
});

test('an outage of a minute costs nothing but the minute', async () => {
  const { clock } = env.tools;
  const endsAt = clock.monotonic() + 60_000;
  storage.fault = (request, response) => {
    if (clock.monotonic() >= endsAt) return false;
    request.resume();
    response.writeHead(503).end();
    return true;
  };
  expect(await upload()).toEqual({ sizeBytes: BYTES.length, etag: storage.etag('object') });
});

test('storage that refuses for good is storage_unavailable, after a bounded time and number of tries', async () => {
  storage.fault = (request, response) => {
    request.resume();
    response.writeHead(503).end();
    return true;
  };
  const { clock } = env.tools;
  const begun = clock.monotonic();
  await expect(upload()).rejects.toMatchObject({ code: 'storage_unavailable' });
  expect(clock.monotonic() - begun).toBeGreaterThan(100_000);
  expect(storage.requests.length).toBeGreaterThan(15);
  expect(storage.requests.length).toBeLessThan(40);
});

test('a stopped task stops its uploads', async () => {
  const stop = new AbortController();
  storage.fault = () => {
    stop.abort(new Error('drained'));
    return true;
  };
  await expect(upload(BYTES, stop.signal)).rejects.toThrow('drained');
});
