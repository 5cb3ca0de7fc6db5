import type { JobStatus } from '@millrace/shared/job/job-state.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { listJobs } from './list-jobs.ts';

let outside: TestContext;
beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

async function walk(status: JobStatus | null): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 10; pages += 1) {
    const page = await listJobs(outside.ctx, {
      projectId: 'default',
      filter: status ? { status: [status] } : {},
      sort: '-created_at',
      limit: 3,
      cursor,
      origin: 'https://edge.test',
    });
    seen.push(...page.jobs.map((job) => job.id));
    cursor = page.nextCursor;
    if (cursor === null) return seen;
  }
  throw new Error('the list does not end');
}

test('pages join without gap or overlap, newest first, also among jobs of the same moment', async () => {
  const moment = new Date('2026-01-02T03:04:05.678Z');
  const ids: string[] = [];
  for (let i = 0; i < 7; i += 1) {
    const createdAt = i < 5 ? moment : new Date(moment.getTime() + i);
    ids.push(await seedJob(outside.ctx, { createdAt, status: i % 2 === 0 ? 'processing' : 'failed' }));
  }
  const sameMoment = ids.slice(0, 5).sort().reverse();
  expect(await walk(null)).toEqual([ids[6], ids[5], ...sameMoment]);

  const failed = new Set([ids[1], ids[3], ids[5]]);
  expect(await walk('failed')).toEqual([ids[5], ...sameMoment.filter((id) => failed.has(id))]);
  expect(await walk('canceled')).toEqual([]);
});
