import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { seedJob } from '../testing/seed-job.ts';
import { type RunningWorker, startWorker } from '../testing/start-worker.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

/* The door and the pages in workerd, with the static assets, as they are deployed. */

let outside: TestContext;
let worker: RunningWorker;

beforeAll(async () => {
  outside = await openTestContext();
  worker = await startWorker(outside.ctx.config);
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await outside?.close();
});

const ask = (query: string, headers: Record<string, string> = {}) =>
  fetch(`${worker.url}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(30_000),
  });

test('a query is answered, with the trace of its sender', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await ask('{ systemMetrics { totalJobs } jobs { id } __schema { queryType { name } } }', {
    traceparent,
    'x-request-id': 'request-8',
  });
  expect(await answer.json()).toEqual({
    data: { systemMetrics: { totalJobs: 0 }, jobs: [], __schema: { queryType: { name: 'Query' } } },
  });
  expect(answer.headers.get('traceparent')).toBe(traceparent);
  expect(answer.headers.get('x-request-id')).toBe('request-8');
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
});

test.each(['/graphql', '/docs', '/swagger/index.html'])(
  '%s and all it loads comes from here',
  async (path) => {
    const page = await fetch(worker.url + path, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    const loaded = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
    expect(loaded.filter((url) => !/^(\/static\/|data:)/.test(url))).toEqual([]);
    for (const url of loaded.filter((url) => url.startsWith('/'))) {
      const asset = await fetch(worker.url + url, { method: 'HEAD' });
      expect([url, asset.status]).toEqual([url, 200]);
    }
    expect(html).not.toMatch(/https?:\/\//);
  },
);

test('/swagger leads to the page, and the document it shows is there without a key', async () => {
  const answer = await fetch(`${worker.url}/swagger`, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/docs']);
  const document = await (await fetch(`${worker.url}/openapi.json`)).json();
  expect(document).toMatchObject({
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  });
});

test('a subscription begins with how the job is, tells of its end, and ends', async () => {
  const id = await seedJob(outside.ctx, { status: 'queued' });
  const stream = await ask(`subscription { jobUpdated(id: "${id}") { id status } }`, {
    accept: 'text/event-stream',
  });
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  const told: string[] = [];
  const reading = (async () => {
    for await (const status of statuses(stream)) told.push(status);
  })();
  await expect.poll(() => told, { timeout: 20_000 }).toEqual(['queued']);
  await ask(`mutation { cancelJob(id: "${id}") { id } }`);
  const ended = await Promise.race([reading.then(() => true), sleep(25_000, false)]);
  expect([ended, told.at(-1)]).toEqual([true, 'canceled']);
});

test('a subscription to nothing is refused in its stream', async () => {
  const stream = await ask('subscription { jobUpdated(id: "6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c") { id } }', {
    accept: 'text/event-stream',
  });
  expect(await stream.text()).toContain('"code":"job_not_found"');
});

const news = z.object({ data: z.object({ jobUpdated: z.object({ status: z.string() }) }) });

async function* statuses(stream: Response): AsyncGenerator<string> {
  let text = '';
  for await (const piece of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (\{.*)$/m.exec(event)?.[1];
      if (event.includes('event: next') && data) yield news.parse(JSON.parse(data)).data.jobUpdated.status;
    }
  }
}
