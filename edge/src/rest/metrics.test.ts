import { Redis } from '@upstash/redis/cloudflare';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openRedis } from '../cache/redis-gate.ts';
import { newCounterMemory, redisCounters } from '../metrics/counters.ts';
import { restClient } from '../testing/rest-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;
const settings = inject('services').redis;

beforeAll(async () => {
  outside = await openTestContext();
  await new Redis(settings).del('metrics:http');
});
afterAll(() => outside.close());

/** One door of its own, as another isolate would have. */
function isolate(url = settings.url) {
  const gate = openRedis({ ...settings, url }, { silentUntil: 0 }, () => Date.now());
  return restClient(outside.ctx, { counters: redisCounters(gate, newCounterMemory(), () => Date.now(), 0) });
}

function valuesOf(text: string, name: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(name.length, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}

test('jobs and tasks are counted by what Postgres knows', async () => {
  const running = await seedJob(outside.ctx);
  await seedTask(outside.ctx, running, { state: 'ready' });
  await seedTask(outside.ctx, running, { state: 'ready' });
  await seedTask(outside.ctx, running, { state: 'running' });
  await seedTask(outside.ctx, running, { state: 'blocked', depsLeft: 1 });
  await seedJob(outside.ctx, { status: 'queued' });
  for (const status of ['completed', 'completed', 'failed']) await seedJob(outside.ctx, { status });

  const answer = await isolate().get('/metrics');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(valuesOf(answer.text, 'jobs_created_total')).toEqual({ '': 5 });
  expect(valuesOf(answer.text, 'jobs_processed_total')).toEqual({
    '{status="completed"}': 2,
    '{status="failed"}': 1,
    '{status="canceled"}': 0,
  });
  expect(valuesOf(answer.text, 'active_jobs')).toEqual({ '': 1 });
  expect(valuesOf(answer.text, 'queue_depth')).toEqual({ '': 2 });
  expect(valuesOf(answer.text, 'tasks')).toMatchObject({ '{state="blocked"}': 1, '{state="running"}': 1 });
});

test('requests of all isolates are counted together, by route', async () => {
  const [one, other] = [isolate(), isolate()];
  await one.get('/jobs/6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c');
  await outside.settled();
  await other.get('/jobs/7f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c');
  await other.get('/jobs?limit=0');
  await outside.settled();

  const { text } = await isolate().get('/metrics');
  expect(valuesOf(text, 'http_requests_total')).toMatchObject({
    '{method="GET",endpoint="/jobs/:id",status="404"}': 2,
    '{method="GET",endpoint="/jobs",status="400"}': 1,
  });
  const series = 'method="GET",endpoint="/jobs/:id"';
  expect(valuesOf(text, 'http_request_duration_seconds_count')).toMatchObject({ [`{${series}}`]: 2 });
  const buckets = Object.entries(valuesOf(text, 'http_request_duration_seconds_bucket'))
    .filter(([labels]) => labels.includes(series))
    .map(([, count]) => count);
  expect(buckets.at(-1)).toBe(2);
  expect([...buckets].sort((a, b) => a - b)).toEqual(buckets);
});

test('without Redis nothing fails: what Postgres knows is still told', async () => {
  const answer = await isolate('http://127.0.0.1:1').get('/metrics');
  await outside.settled();
  expect(answer.status).toBe(200);
  expect(Object.keys(valuesOf(answer.text, 'jobs_created_total'))).toHaveLength(1);
});
