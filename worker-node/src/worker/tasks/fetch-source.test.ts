import { createHash, randomBytes } from 'node:crypto';
import { MAX_FETCH_BYTES } from '@millrace/shared/task/first-task.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { fakeAttempt } from '../../testing/fake-attempt.ts';
import { type FakeOrigin, HOST, startFakeOrigin } from '../../testing/fake-origin.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { createImpatientClock } from '../../testing/impatient-clock.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { createTaskRunner } from '../run-task.ts';

const FILM = randomBytes(200_000);
const URL = `https://${HOST}/film.mp4`;

let storage: FakeStorage;
let env: TestTools;
let origin: FakeOrigin;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools({ clock: createImpatientClock() });
  origin = await startFakeOrigin(env.scratch);
});
afterAll(async () => {
  await origin.close();
  await env.close();
  await storage.close();
});
beforeEach(() => {
  origin.handle = (_request, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': FILM.length }).end(FILM);
  };
});

function attemptOf(taskId: string, maxBytes = MAX_FETCH_BYTES) {
  return fakeAttempt(storage, env.scratch, { kind: 'fetch', url: URL, maxBytes }, { taskId });
}

function run(attempt: Awaited<ReturnType<typeof attemptOf>>) {
  return createTaskRunner({ ...env.tools, internet: origin.internet })(attempt.ctx);
}

test('the file behind the URL becomes the object of the attempt', async () => {
  const attempt = await attemptOf('good');
  expect(await run(attempt)).toEqual({
    kind: 'fetch',
    name: 'source',
    sizeBytes: FILM.length,
    contentType: 'video/mp4',
    digest: `sha-256:${createHash('sha256').update(FILM).digest('hex')}`,
  });
  expect(storage.objects.get(attempt.key('source'))).toEqual(FILM);
  expect(attempt.progress.at(-1)).toBe(90);
});

test('what is too large is not stored', async () => {
  const attempt = await attemptOf('large', FILM.length - 1);
  await expect(run(attempt)).rejects.toMatchObject({ code: 'source_too_large' });
  expect(storage.objects.has(attempt.key('source'))).toBe(false);
});

test('a URL that leads inside is refused', async () => {
  origin.names.set(HOST, [['10.0.0.1']]);
  const attempt = await attemptOf('inside');
  await expect(run(attempt)).rejects.toMatchObject({ code: 'source_url_refused' });
  expect(storage.objects.has(attempt.key('source'))).toBe(false);
});
