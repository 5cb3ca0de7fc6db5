import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statusKey } from '../cache/redis-status-cache.ts';
import { recordSpans } from '../testing/record-spans.ts';
import { restClient } from '../testing/rest-client.ts';
import { storeUpload } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { traced } from './traced.ts';

/* What a request waits for, as it stands in its trace. */

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

test('statements and commands of a request are spans below it, without a value', async () => {
  const { sourceKey } = await storeUpload(outside.ctx, { etag: '"e"' });
  const { ctx, sent } = recordSpans(outside.ctx);
  const answer = await restClient(ctx).send('POST', '/jobs', { input_key: sourceKey, tags: ['private'] });
  expect(answer.status).toBe(201);
  await outside.settled();
  const request = sent.find(({ name }) => name === 'POST /jobs');
  expect(request).toMatchObject({ parentSpanId: null, kind: 'server' });
  const waits = sent.filter(({ kind }) => kind === 'client');
  expect(waits.map(({ name, attributes, error }) => [name, attributes, error]).sort()).toEqual([
    ['EVAL', { 'db.system.name': 'redis' }, null],
    ['INSERT jobs', { 'db.system.name': 'postgresql' }, null],
  ]);
  for (const wait of waits) {
    expect(wait).toMatchObject({ traceId: request?.traceId, parentSpanId: request?.spanId });
    expect(wait.endedAt).toBeGreaterThanOrEqual(wait.beganAt);
  }
  expect(JSON.stringify(sent)).not.toMatch(/private|uploads\//);
});

test('what fails says so, and nothing of what was asked', async () => {
  const { ctx, sent } = recordSpans(outside.ctx);
  const request = ctx.tracing.begin(null).begin('POST');
  const within = { ...ctx, ...ctx.connectAt(request.trace), trace: request.trace };
  await expect(within.db.execute(sql`select ${'secret'}::int from jobs`)).rejects.toThrow();
  await traced(within, 'plan', {}, async (inner) => {
    await inner.db.execute(sql`select 1 from tasks`);
    await inner.statusCache.forget('some-job');
  });
  request.end();
  const spans = new Map(sent.map((span) => [span.name, span]));
  expect(spans.get('SELECT jobs')).toMatchObject({
    parentSpanId: spans.get('POST')?.spanId,
    error: 'answered 400',
  });
  for (const name of ['SELECT tasks', 'SET']) {
    expect(spans.get(name)).toMatchObject({ parentSpanId: spans.get('plan')?.spanId, error: null });
  }
  expect(JSON.stringify(sent)).not.toMatch(new RegExp(`secret|${statusKey('')}`));
});
