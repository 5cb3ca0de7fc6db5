import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openRedis, type RedisGate } from '../cache/redis-gate.ts';
import { redisStatusCache } from '../cache/redis-status-cache.ts';
import { restClient } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { refreshStatus } from './refresh-status.ts';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

test('a hot job is read with one question to Redis, and none to Postgres', async () => {
  const jobId = await seedJob(outside.ctx);
  await refreshStatus(outside.ctx, [jobId]);
  const gate = openRedis(inject('services').redis, { silentUntil: 0 }, () => Date.now());
  let questions = 0;
  const counted: RedisGate = {
    ask: (question, otherwise) => {
      questions += 1;
      return gate.ask(question, otherwise);
    },
    insist: (question) => {
      questions += 1;
      return gate.insist(question);
    },
  };
  const client = restClient({
    ...outside.ctx,
    statusCache: redisStatusCache(counted),
    db: new Proxy(outside.ctx.db, {
      get: () => {
        throw new Error('Postgres was asked');
      },
    }),
  });
  const answer = await client.get(`/jobs/${jobId}`);
  expect([answer.status, questions]).toEqual([200, 1]);
});
