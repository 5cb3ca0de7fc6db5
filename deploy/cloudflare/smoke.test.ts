import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type SmokeOptions, smokeTest } from './smoke.ts';

const api = 'https://api.example.com';

interface Answers {
  [call: string]: () => Response;
}

const allowing = (changed: Record<string, string> = {}) =>
  new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': api,
      'access-control-allow-methods': 'GET, HEAD, PUT',
      'access-control-allow-headers': 'Content-Type, If-Match',
      ...changed,
    },
  });

const good: Answers = {
  'GET /health': () => Response.json({ status: 'ok' }),
  'GET /openapi.json': () => Response.json({ openapi: '3.1.0', info: { title: 'Millrace' } }),
  'POST /uploads': () =>
    Response.json(
      {
        upload_id: 'u',
        input_key: 'uploads/u',
        upload_url: `${api}/bucket/u`,
        headers: { 'content-type': 'video/mp4' },
      },
      { status: 201 },
    ),
  'OPTIONS /bucket/u': () => allowing(),
  'PUT /bucket/u': () => new Response(''),
  'DELETE /uploads/u': () => new Response(null, { status: 204 }),
};

async function smoke(answers: Answers, options: Partial<SmokeOptions> = {}) {
  const calls: string[] = [];
  const said: string[] = [];
  let clock = 0;
  const running = smokeTest({
    ...{ url: api, key: 'key-of-the-tests', healthWithinMs: 10_000, say: (line) => said.push(line) },
    origins: [api],
    now: () => clock,
    wait: async (milliseconds) => {
      clock += milliseconds;
    },
    fetch: async (input, init) => {
      const call = `${init?.method ?? 'GET'} ${new URL(input instanceof Request ? input.url : input).pathname}`;
      calls.push(call);
      return answers[call]?.() ?? new Response('nothing here', { status: 404 });
    },
    ...options,
  });
  const error = await running.then(
    () => null,
    (failure: unknown) => (failure instanceof Error ? failure.message : String(failure)),
  );
  return { calls, said: said.join('\n'), error };
}

test('looks at health and documentation, stores a few bytes and takes them away', async () => {
  const { calls, error, said } = await smoke(good);
  expect(error).toBe(null);
  expect(calls).toEqual([
    'GET /health',
    'GET /openapi.json',
    'POST /uploads',
    'OPTIONS /bucket/u',
    'PUT /bucket/u',
    'DELETE /uploads/u',
  ]);
  expect(said).toContain('a signed upload of 10 bytes was stored');
});

test('asks the bucket whether pages of each origin may upload, as browsers do', async () => {
  const asked: http.IncomingHttpHeaders[] = [];
  const bucket = http.createServer((request, response) => {
    if (request.method === 'OPTIONS') asked.push(request.headers);
    response.writeHead(200, {
      ...{ 'access-control-allow-origin': request.headers.origin ?? '' },
      ...{ 'access-control-allow-methods': 'PUT', 'access-control-allow-headers': 'content-type' },
    });
    response.end();
  });
  await once(bucket.listen(0, '127.0.0.1'), 'listening');
  const upload_url = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}/u?X-Amz-Signature=s`;
  const headers = { 'Content-Type': 'video/mp4', 'content-length': '10' };
  const begun = () => Response.json({ upload_id: 'u', input_key: 'uploads/u', upload_url, headers });
  const answers: Answers = { ...good, 'POST /uploads': begun };
  const { error, said } = await smoke(answers, {
    origins: [api, 'https://studio.example.com'],
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.hostname === '127.0.0.1') return fetch(input, init);
      return answers[`${init?.method ?? 'GET'} ${url.pathname}`]?.() ?? new Response('', { status: 404 });
    },
  });
  bucket.close();
  expect(error).toBe(null);
  const put = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' };
  expect(asked).toMatchObject([
    { origin: api, ...put },
    { origin: 'https://studio.example.com', ...put },
  ]);
  expect(said).toContain(`pages of ${api}, https://studio.example.com may upload`);
});

test.each([
  ['403 no rule', () => new Response('no rule', { status: 403 })],
  ['the origin is not allowed', () => allowing({ 'access-control-allow-origin': 'https://other.example' })],
  ['PUT is not allowed', () => allowing({ 'access-control-allow-methods': 'GET, HEAD' })],
  ['the header content-type is not allowed', () => allowing({ 'access-control-allow-headers': 'range' })],
])('fails when the bucket lets no page upload: %s', async (why, answer) => {
  const { error, calls } = await smoke({ ...good, 'OPTIONS /bucket/u': answer });
  expect(error).toBe(
    `the bucket lets no page of ${api} upload (is it in webOrigins, and did nobody change the CORS rules of the ` +
      `bucket?): ${why}`,
  );
  expect(calls).not.toContain('PUT /bucket/u');
  expect(calls.at(-1)).toBe('DELETE /uploads/u');
});

test('waits for new rules of the bucket to be known', async () => {
  let asked = 0;
  const slow = () => {
    asked += 1;
    if (asked === 2) throw new TypeError('fetch failed');
    return asked < 4 ? new Response('', { status: 403 }) : allowing();
  };
  expect((await smoke({ ...good, 'OPTIONS /bucket/u': slow })).error).toBe(null);
  expect(asked).toBe(4);
});

test('waits for a new name to be known, and not for ever', async () => {
  let asked = 0;
  const slow = () => {
    asked += 1;
    if (asked < 4) throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') });
    return Response.json({ status: 'ok' });
  };
  expect((await smoke({ ...good, 'GET /health': slow })).error).toBe(null);
  const never = () => new Response('starting', { status: 503 });
  expect((await smoke({ ...good, 'GET /health': never })).error).toBe(`${api}/health: 503 starting`);
});

test('says what it leaves out without a key', async () => {
  const { key: _, ...keyless } = { key: '' };
  const { said, calls, error } = await smoke(good, { ...keyless, key: '' });
  expect(error).toBe(null);
  expect(said).toContain('not checked: a signed upload');
  expect(calls).toEqual(['GET /health', 'GET /openapi.json']);
});

test.each([
  ['POST /uploads', 401, 'POST /uploads: 401'],
  ['PUT /bucket/u', 403, 'are S3_ACCESS_KEY and S3_SECRET_KEY those of this bucket'],
  ['GET /openapi.json', 500, 'GET /openapi.json: 500'],
])('fails when %s is answered %i', async (call, status, message) => {
  const { error } = await smoke({ ...good, [call]: () => new Response('no', { status }) });
  expect(error).toContain(message);
});

test('takes a film through the whole system, and erases it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-smoke-'));
  const film = path.join(folder, 'film.mp4');
  await writeFile(film, 'film');
  const states = ['queued', 'processing', 'completed'];
  const whole = (end: string): Answers => ({
    ...good,
    'POST /uploads/u/complete': () => Response.json({ status: 'completed' }),
    'POST /jobs': () => Response.json({ id: 'j', status: 'queued' }, { status: 201 }),
    'GET /jobs/j': () => Response.json({ id: 'j', status: states.shift() ?? end }),
    'DELETE /jobs/j': () => Response.json({}, { status: 202 }),
  });
  const { error, calls } = await smoke(whole('completed'), { film });
  expect(error).toBe(null);
  expect(calls.slice(-3)).toEqual(['GET /jobs/j', 'GET /jobs/j', 'DELETE /jobs/j']);
  expect((await smoke(whole('failed'), { film })).error).toBe('the job j of the smoke test is failed');
  const { error: stuck } = await smoke(whole('queued'), { film, jobWithinMs: 60_000 });
  expect(stuck).toBe('the job j of the smoke test is queued');
  await rm(folder, { recursive: true });
});
