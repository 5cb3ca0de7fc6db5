import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemShape, restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

const UNKNOWN = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

describe('an installation that does not run open', () => {
  const closed = () => restClient({ ...outside.ctx, config: { ...outside.ctx.config, openAccess: false } });

  test.each([
    ['GET', '/jobs'],
    ['POST', '/jobs'],
    ['GET', `/jobs/${UNKNOWN}`],
    ['GET', '/upload-url'],
    ['GET', '/metrics'],
    ['GET', '/download-url/a'],
    ['GET', '/nothing-here'],
    ['PUT', '/jobs'],
  ])('asks for a key: %s %s', async (method, path) => {
    const answer = await closed().send(method, path);
    expect([answer.status, answer.as(problemShape).code]).toEqual([401, 'unauthorized']);
  });

  test('answers health checks and playback, which need none', async () => {
    expect((await closed().get('/health')).text).toBe('{"status":"ok"}');
    expect((await closed().get(`/playback/a.b/${UNKNOWN}/poster.jpg`)).status).toBe(403);
  });
});

test.each([
  ['a page from elsewhere', { origin: 'https://evil.example' }],
  ['a page of no origin', { origin: 'null' }],
  ['a name that leads here', { host: 'evil.example:8080' }],
])('an open installation does not answer %s without a key', async (_, headers) => {
  const client = restClient(outside.ctx);
  const answer = await client.get('/jobs', headers);
  expect([answer.status, answer.as(problemShape).code]).toEqual([403, 'forbidden']);
  expect((await client.get('/jobs', { origin: 'http://localhost:5173' })).status).toBe(200);
});
