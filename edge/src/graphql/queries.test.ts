import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { jobEvents, renditions } from '../db/schema.ts';
import { type GraphqlClient, graphqlClient } from '../testing/graphql-client.ts';
import { restClient } from '../testing/rest-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

const ids = z.array(z.object({ id: z.string() }));

let outside: TestContext;
let client: GraphqlClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = graphqlClient(restClient(outside.ctx));
});
afterAll(() => outside.close());

async function seedFinished(): Promise<string> {
  const id = await seedJob(outside.ctx, { status: 'completed', finishedAt: new Date(), tags: ['done'] });
  await outside.ctx.db.insert(renditions).values({
    jobId: id,
    name: '720p',
    position: 0,
    width: 1280,
    height: 720,
    codec: 'avc1.64001f',
    bitrateKbps: 900,
    durationMicros: 8_000_000,
    sizeBytes: 9_000_000_000,
    outputKey: `objects/default/${id}/1/720p.mp4`,
    playlistKey: null,
  });
  return id;
}

describe('the queries every client begins with', () => {
  test('jobs, as at /graphql so at /query', async () => {
    const id = await seedFinished();
    const query = '{ jobs(limit: 10) { id status inputKey createdAt renditions { resolution outputKey } } }';
    for (const path of ['/graphql', '/query']) {
      const { data, errors } = await graphqlClient(restClient(outside.ctx), path).ask(query);
      expect(errors).toBeUndefined();
      expect(data?.jobs).toContainEqual({
        id,
        status: 'completed',
        inputKey: 'uploads/default/x/clip.mp4',
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        renditions: [{ resolution: '720p', outputKey: `objects/default/${id}/1/720p.mp4` }],
      });
    }
  });

  test('systemMetrics', async () => {
    const { data } = await client.ask(
      '{ systemMetrics { queueDepth totalJobs completedJobs failedJobs processingJobs } }',
    );
    expect(data?.systemMetrics).toEqual({
      queueDepth: 0,
      totalJobs: expect.any(Number),
      completedJobs: expect.any(Number),
      failedJobs: 0,
      processingJobs: 0,
    });
  });

  test('job, with why it failed', async () => {
    const id = await seedJob(outside.ctx, {
      status: 'failed',
      failureCode: 'nothing_to_encode',
      failureMessage: 'The source has neither pictures nor sound.',
    });
    const { data } = await client.ask(
      `{ job(id: "${id}") { id status errorMessage renditions { resolution outputKey } } }`,
    );
    expect(data?.job).toEqual({
      id,
      status: 'failed',
      errorMessage: 'The source has neither pictures nor sound.',
      renditions: [],
    });
  });
});

test('a job that is not there, is of a stranger, or cannot be is null, and no error', async () => {
  await outside.ctx.db.execute(`insert into projects (id) values ('stranger')`);
  const foreign = await seedJob(outside.ctx, { projectId: 'stranger' });
  for (const id of [outside.ctx.random.uuid(), foreign, 'nonsense']) {
    expect(await client.ask('query ($id: ID!) { job(id: $id) { id } }', { id })).toEqual({
      data: { job: null },
    });
  }
});

test('everything of a job can be asked, its tasks and events too', async () => {
  const id = await seedFinished();
  const taskId = await seedTask(outside.ctx, id, {
    kind: 'analyze',
    logTail: 'x264 [error]: no',
    state: 'done',
    attempt: 2,
    workerId: 'worker-1',
    startedAt: new Date('2026-01-01T00:00:10Z'),
    finishedAt: new Date('2026-01-01T00:00:12.500Z'),
    attempts: [
      {
        attempt: 1,
        worker_id: 'worker-2',
        claimed_at: '2026-01-01T00:00:00+00:00',
        started_at: '2026-01-01T00:00:01+00:00',
        ended_at: '2026-01-01T00:00:05+00:00',
        outcome: 'failed',
        code: 'storage_unavailable',
      },
    ],
  });
  await outside.ctx.db.insert(jobEvents).values(
    [1, 2, 3].map((number) => ({
      jobId: id,
      projectId: 'default',
      number,
      version: number,
      type: number === 1 ? 'job.created' : 'job.started',
      data: {},
    })),
  );
  const { data, errors } = await client.ask(
    `query ($id: ID!) { job(id: $id) {
      progress etaSeconds profile metadata tags priority notBefore public legalHold retries
      hlsKey hlsUrl posterKey posterUrl startedAt playableAt finishedAt inputUrl actor
      source { width height durationSeconds frameRate sizeBytes container }
      renditions { width height codec bitrateKbps durationSeconds sizeBytes playlistKey }
      tasks { total done running } error { code message }
      taskList { kind state attempt workerId durationSeconds attempts { attempt workerId outcome code durationSeconds } }
      events(after: 1, limit: 1) { number type data actor at }
    } }`,
    { id },
  );
  expect(errors).toBeUndefined();
  expect(data?.job).toMatchObject({
    progress: 1,
    tags: ['done'],
    metadata: {},
    source: { width: 1920, durationSeconds: 8 },
    renditions: [{ height: 720, sizeBytes: 9_000_000_000 }],
    tasks: { total: 1, done: 1, running: 0 },
    error: null,
    taskList: [
      {
        kind: 'analyze',
        state: 'done',
        attempt: 2,
        workerId: 'worker-1',
        durationSeconds: 2.5,
        attempts: [
          {
            attempt: 1,
            workerId: 'worker-2',
            outcome: 'failed',
            code: 'storage_unavailable',
            durationSeconds: 4,
          },
        ],
      },
    ],
    events: [{ number: 2, type: 'job.started' }],
  });
  expect(
    await client.ask('query ($id: ID!, $taskId: ID!) { taskLog(jobId: $id, taskId: $taskId) }', {
      id,
      taskId,
    }),
  ).toEqual({ data: { taskLog: 'x264 [error]: no' } });
});

describe('lists', () => {
  test('are filtered and sorted', async () => {
    const tag = outside.ctx.random.uuid();
    const made: string[] = [];
    for (const [status, day] of [
      ['failed', 1],
      ['completed', 2],
      ['failed', 3],
    ] as const) {
      const createdAt = new Date(Date.UTC(2026, 0, day));
      made.push(await seedJob(outside.ctx, { status, tags: [tag], createdAt, metadata: { day } }));
    }
    const [first = '', second = '', third = ''] = made;
    const list = async (args: string) =>
      (await client.field('jobs', ids, `{ jobs(${args}) { id } }`)).map(({ id }) => id);
    expect(await list(`filter: {tag: "${tag}"}`)).toEqual([third, second, first]);
    expect(await list(`sort: CREATED_AT_ASC, filter: {tag: "${tag}", status: [failed]}`)).toEqual([
      first,
      third,
    ]);
    expect(await list(`filter: {tag: "${tag}", metadata: {key: "day", value: "2"}}`)).toEqual([second]);
    expect(
      await list(
        `filter: {tag: "${tag}", createdAfter: "2026-01-02T00:00:00Z", createdBefore: "2026-01-03T00:00:00Z"}`,
      ),
    ).toEqual([second]);
  });

  test('have pages after pages, each job on one of them', async () => {
    const tag = outside.ctx.random.uuid();
    for (let i = 0; i < 5; i += 1) await seedJob(outside.ctx, { tags: [tag] });
    const query = `query ($after: String, $tag: String!) { jobsConnection(first: 2, after: $after, filter: {tag: $tag}) {
      edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    } }`;
    const connection = z.object({
      edges: z.array(z.object({ cursor: z.string(), node: z.object({ id: z.string() }) })),
      nodes: ids,
      pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
    });
    const seen: string[] = [];
    const sizes: number[] = [];
    let after: string | null = null;
    for (let page = 0; page < 4; page += 1) {
      const { edges, nodes, pageInfo }: z.infer<typeof connection> = await client.field(
        'jobsConnection',
        connection,
        query,
        { after, tag },
      );
      seen.push(...edges.map(({ node }) => node.id));
      sizes.push(edges.length);
      expect(nodes.map(({ id }) => id)).toEqual(edges.map(({ node }) => node.id));
      expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor);
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(new Set(seen).size).toBe(5);
  });
});
