import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

const page = z.object({
  jobs: z.array(z.object({ id: z.string() })),
  next_cursor: z.string().nullable(),
});

let outside: TestContext;
let client: RestClient;
/** Oldest first: a is completed, b failed, c queued. */
let [a, b, c] = ['', '', ''];

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
  const on = (day: number) => new Date(Date.UTC(2026, 0, day));
  a = await seedJob(outside.ctx, {
    status: 'completed',
    createdAt: on(1),
    finishedAt: on(9),
    tags: ['film', 'de'],
    metadata: { order: 7, customer: 'ä "b"', vip: true },
    sourceKey: 'uploads/default/x/a.mp4',
  });
  b = await seedJob(outside.ctx, {
    status: 'failed',
    createdAt: on(2),
    finishedAt: on(8),
    tags: ['film'],
    metadata: { order: '7' },
  });
  c = await seedJob(outside.ctx, { status: 'queued', createdAt: on(3), metadata: { "o'rder": { deep: 1 } } });
});
afterAll(() => outside.close());

async function ids(query: string): Promise<string[]> {
  return (await client.get(`/jobs?${query}`)).as(page).jobs.map((job) => job.id);
}

describe('what a list of jobs is asked for', () => {
  test.each<[string, () => string[]]>([
    ['status=failed', () => [b]],
    ['status=failed,queued', () => [c, b]],
    ['created_after=2026-01-02T00:00:00Z', () => [c, b]],
    ['created_before=2026-01-02T01:00:00%2B01:00', () => [a]],
    ['input_key=uploads/default/x/a.mp4', () => [a]],
    ['tag=film', () => [b, a]],
    ['tag=de', () => [a]],
    ['metadata_key=order', () => [b, a]],
    ['metadata_key=order&metadata_value=7', () => [b, a]],
    ['metadata_key=vip&metadata_value=true', () => [a]],
    [`metadata_key=customer&metadata_value=${encodeURIComponent('ä "b"')}`, () => [a]],
    [`metadata_key=${encodeURIComponent("o'rder")}`, () => [c]],
    ['metadata_key=deep', () => []],
    ['sort=created_at', () => [a, b, c]],
    ['sort=-finished_at', () => [a, b]],
    ['sort=finished_at&status=failed', () => [b]],
  ])('%s', async (query, expected) => {
    expect(await ids(query)).toEqual(expected());
  });

  test('pages go on in the order of the list', async () => {
    const seen: string[] = [];
    let next: string | null = '';
    for (let pages = 0; next !== null && pages < 5; pages++) {
      const answer = await client.get(`/jobs?limit=1&sort=finished_at${next && `&cursor=${next}`}`);
      const found: z.infer<typeof page> = answer.as(page);
      seen.push(...found.jobs.map((job) => job.id));
      next = found.next_cursor;
    }
    expect(seen).toEqual([b, a]);
  });

  test('a cursor of another order or project is refused', async () => {
    const { next_cursor } = (await client.get('/jobs?limit=1')).as(page);
    expect((await client.get(`/jobs?limit=1&cursor=${next_cursor}`)).status).toBe(200);
    expect((await client.get(`/jobs?limit=1&sort=created_at&cursor=${next_cursor}`)).status).toBe(400);
  });

  test('a value needs its key', async () => {
    expect((await client.get('/jobs?metadata_value=7')).status).toBe(400);
  });
});
