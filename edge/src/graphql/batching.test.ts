import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobEvents } from '../db/schema.ts';
import { graphqlClient } from '../testing/graphql-client.ts';
import { restClient } from '../testing/rest-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;

beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(() => outside.close());

async function seedJobs(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const jobId = await seedJob(outside.ctx);
    await seedTask(outside.ctx, jobId);
    await outside.ctx.db.insert(jobEvents).values({
      jobId,
      projectId: 'default',
      number: 1,
      version: 1,
      type: 'job.created',
      data: {},
    });
  }
}

/** How many statements went to the database, and how many jobs, tasks and events came of them. */
async function costOf(query: string): Promise<{ statements: number; answer: string }> {
  let statements = 0;
  const db = new Proxy(outside.ctx.db, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        statements += 1;
        return Reflect.apply(value, target, args);
      };
    },
  });
  const answer = await graphqlClient(restClient({ ...outside.ctx, db })).post(query);
  return { statements, answer: answer.text };
}

test('a page with renditions, tasks and events costs as many statements for fifty jobs as for five', async () => {
  const page = `{ jobs(limit: 50) { id renditions { resolution } taskList { id kind }
    events { number } first: events(limit: 1) { type } } }`;
  await seedJobs(5);
  const five = await costOf(page);
  await seedJobs(45);
  const fifty = await costOf(page);
  expect(fifty.answer.match(/"kind"/g)).toHaveLength(50);
  expect(fifty.answer.match(/"job.created"/g)).toHaveLength(50);
  // The jobs, their tasks, and their events once for each of the two windows.
  expect([five.statements, fifty.statements]).toEqual([4, 4]);
});
