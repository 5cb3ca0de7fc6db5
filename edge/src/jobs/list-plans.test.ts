import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Explainer, type Explanation, openExplainer } from '../cost/explain-statements.ts';
import { fillDatabase, JOBS, jobIdOf, PROCESSING } from '../cost/fill-database.ts';
import { dispatchPauses } from '../db/schema.ts';
import { maintain } from '../dispatch/maintain.ts';
import { eraseJob } from '../erasure/erase-job.ts';
import { eraseObjects } from '../erasure/erase-objects.ts';
import { eraseUpload } from '../erasure/erase-upload.ts';
import { systemMetrics } from '../status/system-metrics.ts';
import { claimTasks } from '../tasks/claim-tasks.ts';
import { WORKER } from '../testing/job-driver.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';
import { seedWebhook } from '../testing/seed-webhook.ts';
import { storeUpload } from '../testing/store-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { type WatchedDatabase, watchDatabase } from '../testing/watch-database.ts';
import { createJob } from './create-jobs.ts';
import { findEarlier } from './find-earlier.ts';
import { jobInput } from './job-input.ts';

/* What statements cost with a million jobs there: every one is explained just before it runs. */

const LARGE = ['jobs', 'tasks', 'job_events', 'uploads'];
/** Pages of 8 KB that a list may look at for one page of itself. The jobs alone have forty thousand. */
const MAX_BLOCKS = 4_000;
const MAX_BLOCKS_OF_RETENTION = 20_000;

let outside: TestContext;
let explainer: Explainer;
let willing: Explainer;
let current: Explainer;
let watched: WatchedDatabase;
let client: RestClient;
let seen: Explanation[] = [];

beforeAll(async () => {
  outside = await openTestContext();
  await fillDatabase(outside.ctx.config.databaseUrl);
  explainer = await openExplainer(outside.ctx.config.databaseUrl);
  willing = await openExplainer(outside.ctx.config.databaseUrl, 'with every index');
  watched = await watchDatabase(outside.ctx, async (statements) => {
    seen.push(...(await current.explain(statements)));
  });
  client = restClient({ ...outside.ctx, db: watched.db });
}, 300_000);
afterAll(async () => {
  await watched?.stop();
  await explainer?.close();
  await willing?.close();
  await outside?.close();
});

/** What was explained while the work ran. */
async function explanationsOf(work: () => Promise<unknown>, by = explainer): Promise<Explanation[]> {
  seen = [];
  current = by;
  await work();
  await outside.settled();
  return seen;
}

function tooDear(explanations: Explanation[], maxBlocks = MAX_BLOCKS): Explanation[] {
  return explanations.filter(
    ({ wholeTables, blocks }) => blocks > maxBlocks || wholeTables.some((table) => LARGE.includes(table)),
  );
}

const page = z.object({ next_cursor: z.string().nullish() }).loose();

/** The first page and the one after it. */
async function turnPages(path: string): Promise<void> {
  const first = await client.get(path);
  expect([path, first.status, first.status === 200 ? '' : first.text]).toEqual([path, 200, '']);
  const cursor = first.as(page).next_cursor;
  if (cursor) expect((await client.get(`${path}&cursor=${encodeURIComponent(cursor)}`)).status).toBe(200);
}

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const [RECENT, MIDDLE] = [secondsAgo(86_400), secondsAgo((10 * JOBS) / 2)];

const FILTERS = [
  '',
  'status=failed',
  'status=queued',
  'status=queued,processing',
  'status=completed,failed',
  `created_after=${RECENT}`,
  `created_after=${MIDDLE}`,
  `created_before=${MIDDLE}`,
  `created_after=${MIDDLE}&created_before=${RECENT}&status=failed`,
  'input_key=uploads/77',
  'tag=t42',
  'tag=third',
  'tag=unheard-of',
  'metadata_key=rush',
  'metadata_key=title',
  'metadata_key=unheard-of',
  'metadata_key=customer&metadata_value=77',
  'metadata_key=customer&metadata_value=unheard-of',
  'tag=t42&status=failed&metadata_key=rush',
];
const SORTS = ['-created_at', 'created_at', '-finished_at', 'finished_at'];

describe.each(SORTS)('jobs by %s', (sort) => {
  test.each(FILTERS)('with "%s"', async (filter) => {
    const query = [filter, `sort=${sort}`, 'limit=20'].filter((part) => part !== '').join('&');
    const explanations = await explanationsOf(() => turnPages(`/jobs?${query}`));
    expect(explanations.length).toBeGreaterThan(0);
    expect(tooDear(explanations)).toEqual([]);
  });
});

test.each([
  `/jobs/${jobIdOf(1_000)}/events?limit=20`,
  `/jobs/${jobIdOf(1_000)}/tasks?`,
  '/uploads?limit=20',
  '/uploads?status=pending&limit=20',
  '/operations/dead-letters?limit=20',
  '/operations/dead-letters?limit=20&kind=task&reason_code=decode_failed',
  `/operations/dead-letters?limit=20&scope=installation&died_before=${MIDDLE}`,
])('the list %s', async (path) => {
  const explanations = await explanationsOf(() => turnPages(path));
  expect(explanations.length).toBeGreaterThan(0);
  expect(tooDear(explanations)).toEqual([]);
});

test.each([
  '/erasures?limit=20',
  '/erasures?subject_id=default&limit=20',
  '/webhooks?limit=20',
  '/keys?limit=20',
  '/users?limit=20',
  '/projects?limit=20',
  '/operations/pauses?limit=20',
  '/jobs?limit=20',
])('an index serves the list %s, however long it gets', async (path) => {
  const explanations = await explanationsOf(() => turnPages(path), willing);
  expect(explanations.length).toBeGreaterThan(0);
  expect(explanations.filter(({ wholeTables }) => wholeTables.length > 0)).toEqual([]);
});

test('the deliveries of a webhook too', async () => {
  const { id } = await seedWebhook(outside.ctx, { url: 'https://receiver.example/hook' });
  const list = () => turnPages(`/webhooks/${id}/deliveries?limit=20`);
  const explanations = await explanationsOf(list, willing);
  expect(explanations.filter(({ wholeTables }) => wholeTables.length > 0)).toEqual([]);
});

test('how the service and a project stand is told without counting jobs', async () => {
  const explanations = await explanationsOf(async () => {
    expect((await client.get('/metrics')).text).toContain(`\njobs_created_total ${JOBS}\n`);
    const standing = await systemMetrics({ ...outside.ctx, db: watched.db }, 'default');
    expect(standing).toMatchObject({ totalJobs: JOBS / 2, processingJobs: PROCESSING / 2 });
  });
  expect(tooDear(explanations)).toEqual([]);
});

test('a claim looks at what waits, not at what is done', async () => {
  const explanations = await explanationsOf(async () => {
    expect(await claimTasks({ ...outside.ctx, db: watched.db }, WORKER, 4)).toHaveLength(4);
  });
  expect(tooDear(explanations)).toEqual([]);
});

test('nor do pauses make it look at more', async () => {
  const pause = { reason: 'a test', actor: 'test' };
  await outside.ctx.db.insert(dispatchPauses).values([
    { ...pause, id: randomUUID(), projectId: 'p1' },
    { ...pause, id: randomUUID(), codec: 'av1' },
  ]);
  const explanations = await explanationsOf(async () => {
    const claimed = await claimTasks({ ...outside.ctx, db: watched.db }, { ...WORKER, id: 'other' }, 4);
    expect(claimed).toHaveLength(4);
    expect(claimed.map((task) => task.project_id)).not.toContain('p1');
  });
  expect(tooDear(explanations)).toEqual([]);
  await outside.ctx.db.delete(dispatchPauses);
});

test('what earlier jobs have made is found by its fingerprints', async () => {
  const explanations = await explanationsOf(async () => {
    const found = await findEarlier({ ...outside.ctx, db: watched.db }, 'default', [
      'made 42',
      'made once 84',
    ]);
    expect(found).toHaveLength(4);
  });
  expect(tooDear(explanations)).toEqual([]);
});

test('a job with subtitles is created, and jobs and uploads are erased, by indexes', async () => {
  const ctx = { ...outside.ctx, db: watched.db };
  const request = { caller: { projectId: 'default', actor: 'test' }, origin: '', traceparent: null };
  const { uploadId, sourceKey } = await storeUpload(outside.ctx, { filename: 'a.srt', etag: '"e"' });
  const unread = await storeUpload(outside.ctx, { etag: '"e"' });
  const input = { input_url: 'https://films.example/a.mp4', subtitles: [{ upload_id: uploadId }] };
  const job = jobInput.parse({ ...input, subtitles: [...input.subtitles, { input_key: sourceKey }] });
  const explanations = await explanationsOf(async () => {
    await createJob(ctx, { ...request, requestId: null, job });
    await eraseJob(ctx, { projectId: 'default', jobId: jobIdOf(1_000), actor: 'test' });
    await eraseUpload(ctx, { projectId: 'default', uploadId: unread.uploadId, actor: 'test' });
    await eraseObjects(ctx);
  });
  expect(explanations.length).toBeGreaterThan(6);
  expect(tooDear(explanations)).toEqual([]);
});

test('so does all that a heartbeat of a bridge entails', async () => {
  const explanations = await explanationsOf(() => maintain({ ...outside.ctx, db: watched.db }));
  expect(explanations.length).toBeGreaterThan(8);
  // Retention deletes a thousand rows at a time, each from all its indexes.
  expect(tooDear(explanations, MAX_BLOCKS_OF_RETENTION)).toEqual([]);
});
