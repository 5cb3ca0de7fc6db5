import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { requestTrace } from '../tracing/request-trace.ts';

const UNKNOWN = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';

let outside: TestContext;
let client: RestClient;
beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
});
afterAll(() => outside.close());

test('a failure of ours is logged and tells nothing of the inside', async () => {
  const logged: string[] = [];
  const log = console.error;
  console.error = (line: string) => logged.push(line);
  try {
    const statusCache: Context['statusCache'] = {
      ...outside.ctx.statusCache,
      get: () => Promise.reject(new Error('secret: hunter2')),
    };
    const answer = await restClient({ ...outside.ctx, statusCache }).get(`/jobs/${UNKNOWN}`, {
      'x-request-id': 'req-7',
    });
    expect([answer.status, answer.as(problemShape).code]).toEqual([500, 'internal']);
    expect(answer.text).not.toContain('hunter2');
    expect(
      z.object({ request_id: z.string(), err: z.unknown() }).parse(JSON.parse(logged.join())),
    ).toMatchObject({
      request_id: 'req-7',
      err: { message: expect.stringContaining('hunter2') },
    });
  } finally {
    console.error = log;
  }
});

test('storage that is away is a 503 that says when to come back', async () => {
  const storage: Context['storage'] = {
    ...outside.ctx.storage,
    head: () => Promise.reject(new Refusal('storage_unavailable', 'away', { retryAfterSeconds: 5 })),
  };
  const answer = await restClient({ ...outside.ctx, storage }).send('POST', '/jobs', {
    input_key: 'uploads/default/a.mp4',
  });
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
});

test('with tracing on, what only reads names a valid trace, and is not recorded', async () => {
  const sent: unknown[] = [];
  const tracing = requestTrace({
    now: outside.ctx.now,
    randomHex: (bytes) => '7'.repeat(bytes * 2),
    ratio: 1,
    send: async (spans) => void sent.push(...spans),
    waitUntil: outside.ctx.waitUntil,
  });
  const answer = await restClient({ ...outside.ctx, tracing }).get('/health');
  expect(answer.headers.get('traceparent')).toBe(`00-${'7'.repeat(32)}-${'7'.repeat(16)}-00`);
  expect(sent).toEqual([]);
});

test('request ids and traces are taken over when they are well formed, and begun otherwise', async () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const taken = await client.get('/health', { 'x-request-id': 'mine-1', traceparent: trace });
  expect([taken.headers.get('x-request-id'), taken.headers.get('traceparent')]).toEqual(['mine-1', trace]);
  const begun = await client.get('/health', { 'x-request-id': 'a b', traceparent: '00-0-0-00' });
  expect(begun.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect(begun.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test('browsers of any origin may ask', async () => {
  const preflight = await client.send('OPTIONS', '/jobs', undefined, {
    origin: 'https://app.example',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,authorization',
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
  const refused = await client.get('/jobs/42', { origin: 'https://app.example' });
  expect(refused.headers.get('access-control-allow-origin')).toBe('*');
});

test('requests are measured by the route, never by the path', async () => {
  const measuring = restClient(outside.ctx);
  await measuring.get(`/jobs/${UNKNOWN}`);
  await measuring.get('/some/random/path');
  await measuring.send('PUT', '/jobs');
  await measuring.send('BREW', '/health');
  expect(measuring.counted.filter((field) => field.startsWith('count '))).toEqual([
    'count GET /jobs/:id 404',
    'count GET none 404',
    'count PUT none 405',
    'count OTHER none 405',
  ]);
});
