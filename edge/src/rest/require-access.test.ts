import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { rateLimiter } from '../auth/rate-limiter.ts';
import { OPERATOR_TOKEN } from '../testing/closed-installation.ts';
import { recordSpans } from '../testing/record-spans.ts';
import { problemShape, restClient } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
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

describe('a request that says it is sampled', () => {
  const CHANGES: [string, object][] = [
    ['/jobs', {}],
    ['/graphql', { query: `mutation { cancelJob(id: "${UNKNOWN}") { id } }` }],
    ['/millrace.v1.JobService/CancelJob', { id: UNKNOWN }],
  ];
  const READS: [string, object][] = [
    ['/graphql', { query: '{ jobs { id } }' }],
    ['/millrace.v1.JobService/ListJobs', {}],
  ];
  const parentSpanId = 'b7ad6b7169203331';
  const traceparent = `00-0af7651916cd43dd8448eb211c80319c-${parentSpanId}-01`;
  const send = async (path: string, body: object, headers: Record<string, string>, perMinute = 100) => {
    const { ctx, sent } = recordSpans({
      ...outside.ctx,
      config: { ...outside.ctx.config, openAccess: false, operatorToken: OPERATOR_TOKEN },
      rateLimiter: rateLimiter(perMinute, new Map(), outside.ctx.now, null),
    });
    const { status } = await restClient(ctx).send('POST', path, body, { traceparent, ...headers });
    await outside.settled();
    return { status, sent };
  };
  const asOperator = { authorization: `Bearer ${OPERATOR_TOKEN}` };

  test.each(CHANGES)('is not recorded where nobody let it in: %s', async (path, body) => {
    expect(await send(path, body, {})).toEqual({ status: 401, sent: [] });
    expect(await send(path, body, { authorization: 'Bearer mr_local_wrong' })).toEqual({
      status: 401,
      sent: [],
    });
    expect(await send(path, body, { ...asOperator, 'x-project-id': 'nowhere' })).toMatchObject({ sent: [] });
    expect(await send(path, body, asOperator, 0)).toEqual({ status: 429, sent: [] });
  });

  test.each(CHANGES)('is recorded for a caller: %s', async (path, body) => {
    const { sent } = await send(path, body, asOperator);
    expect(sent).toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^POST /), parentSpanId }),
    );
  });

  test('is recorded, and nothing else of it, where its answer is a stream: what it made hangs below it', async () => {
    const [path, body] = CHANGES[1] ?? ['', {}];
    const { status, sent } = await send(path, body, { ...asOperator, accept: 'text/event-stream' });
    expect(status).toBe(200);
    expect(sent.map((span) => [span.name, span.parentSpanId])).toEqual([['POST /graphql', parentSpanId]]);
  });

  test('gathers nothing for as long as somebody listens, whatever answers he takes', async () => {
    const jobId = await seedJob(outside.ctx, { status: 'canceled' });
    const { ctx, sent, begun } = recordSpans({
      ...outside.ctx,
      config: { ...outside.ctx.config, openAccess: false, operatorToken: OPERATOR_TOKEN },
    });
    const query = `subscription { jobUpdated(id: "${jobId}") { id status } }`;
    const headers = { traceparent, accept: '*/*', ...asOperator };
    const answer = await restClient(ctx).send('POST', '/graphql', { query }, headers);
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(answer.text).toContain('"status":"canceled"');
    // The request itself, which nobody keeps.
    expect([begun(), sent]).toEqual([1, []]);
  });

  test.each(READS)('is not recorded where it only reads: %s', async (path, body) => {
    expect(await send(path, body, asOperator)).toEqual({ status: 200, sent: [] });
  });
});
