import { afterAll, beforeAll, expect, test } from 'vitest';
import { rateLimiter } from '../auth/rate-limiter.ts';
import { problemShape, restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

test('a caller is told how it stands, is refused beyond its rate, and is heard again in the next minute', async () => {
  let nowMs = 1_000_000 * 60_000 + 15_000;
  const client = restClient({ ...outside.ctx, rateLimiter: rateLimiter(2, new Map(), () => nowMs, null) });
  const first = await client.get('/jobs');
  expect([first.status, first.headers.get('ratelimit'), first.headers.get('ratelimit-policy')]).toEqual([
    200,
    '"requests";r=1;t=45',
    '"requests";q=2;w=60',
  ]);
  await client.get('/jobs');
  const third = await client.get('/jobs');
  expect([third.status, third.as(problemShape).code]).toEqual([429, 'rate_limited']);
  expect([third.headers.get('retry-after'), third.headers.get('ratelimit')]).toEqual([
    '45',
    '"requests";r=0;t=45',
  ]);
  expect((await client.get('/health')).status).toBe(200);
  nowMs += 45_000;
  expect((await client.get('/jobs')).status).toBe(200);
});

test('what all isolates counted together refuses too', async () => {
  const keys: string[] = [];
  const shared = {
    limit: async ({ key }: { key: string }) => {
      keys.push(key);
      return { success: false };
    },
  };
  const limiter = rateLimiter(100, new Map(), () => 0, shared);
  const answer = await restClient({ ...outside.ctx, rateLimiter: limiter }).get('/jobs');
  expect([answer.status, keys]).toEqual([429, ['default local']]);
});
