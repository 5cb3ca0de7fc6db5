import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Context } from '../context.ts';
import { type GraphqlClient, graphqlClient } from '../testing/graphql-client.ts';
import { type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { LIMITS } from './query-limits.ts';

let outside: TestContext;
let rest: RestClient;
let client: GraphqlClient;

beforeAll(async () => {
  outside = await openTestContext();
  rest = restClient(outside.ctx);
  client = graphqlClient(rest);
});
afterAll(() => outside.close());

function configured(changes: Partial<Context['config']>): RestClient {
  return restClient({ ...outside.ctx, config: { ...outside.ctx.config, ...changes } });
}

async function codesOf(query: string, variables?: Record<string, unknown>): Promise<unknown[]> {
  return (await client.ask(query, variables)).errors?.map(({ extensions }) => extensions.code) ?? [];
}

describe('errors', () => {
  test("a refusal keeps the control plane's word, its status and its place", async () => {
    const id = await seedJob(outside.ctx, { status: 'completed', finishedAt: new Date() });
    const { data, errors } = await client.ask('mutation ($id: ID!) { cancelJob(id: $id) { id } }', { id });
    expect(data).toBeNull();
    expect(errors).toEqual([
      expect.objectContaining({
        message: `Job ${id} has already completed.`,
        path: ['cancelJob'],
        extensions: { code: 'job_final', status: 409 },
      }),
    ]);
  });

  test('what is wrong with input is told in the names of this door', async () => {
    const { errors } = await client.ask('mutation ($input: JobInput!) { createJob(input: $input) { id } }', {
      input: {
        inputUrl: 'https://films.example.com/a.mp4',
        inputKey: 'uploads/a.mp4',
        tags: ['a', 'a'],
        profile: 'best',
      },
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'invalid_request', status: 400 });
    expect(errors?.[0]?.extensions.issues).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: 'input.tags', message: 'must be distinct' }),
        expect.objectContaining({ path: 'input.profile' }),
      ]),
    );
    const paging = await client.ask('{ jobsConnection(first: 0) { nodes { id } } }');
    expect(paging.errors?.[0]?.extensions.issues).toMatchObject([{ path: 'first' }]);
    for (const [query, path] of [
      ['{ jobsConnection(after: "junk") { nodes { id } } }', 'after'],
      ['{ uploads(cursor: "junk") { nodes { id } } }', 'cursor'],
      ['{ uploads(limit: 101) { nodes { id } } }', 'limit'],
      ['{ erasures(subjectId: "?") { nodes { id } } }', 'subjectId'],
      [
        'mutation { createApiKey(input: {name: "a", scopes: ["jobs:read"], expiresAt: "2020-01-01T00:00:00Z"}) { key } }',
        'input.expiresAt',
      ],
      [
        'mutation { updateProject(id: "default", changes: {quotas: {minutesPerDay: -1}}) { usage { jobsToday } } }',
        'changes.quotas.minutesPerDay',
      ],
    ] as const) {
      const refused = (await client.ask(query)).errors?.[0];
      expect([query, refused?.extensions]).toEqual([
        query,
        { code: 'invalid_request', status: 400, issues: [{ path, message: expect.any(String) }] },
      ]);
      expect(refused?.message).toMatch(new RegExp(`^${path}: `));
    }
    expect(await codesOf('{ jobs(filter: {tag: "a\\u0000b"}) { id } }')).toEqual(['invalid_request']);
    expect(await codesOf('mutation { cancelJob(id: "nonsense") { id } }')).toEqual(['invalid_request']);
  });

  test('what nobody foresaw is logged with the request, and tells nothing', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => logged.mockRestore());
    const broken = restClient({
      ...outside.ctx,
      storage: {
        ...outside.ctx.storage,
        createMultipart: () => Promise.reject(new Error('password hunter2')),
      },
    });
    const answer = await graphqlClient(broken).post(
      'mutation { createMultipartUpload(input: {filename: "a.mp4", contentType: "video/mp4", sizeBytes: 5}) { uploadId } }',
      {},
      { 'x-request-id': 'request-7' },
    );
    expect(answer.text).toContain('"code":"internal"');
    expect(answer.text).not.toContain('hunter2');
    expect(answer.headers.get('x-request-id')).toBe('request-7');
    const lines = logged.mock.calls.map(([line]) => String(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('hunter2');
    expect(lines[0]).toContain('"request_id":"request-7"');
  });

  test('documents that do not parse or fit are the fault of their sender', async () => {
    expect(await codesOf('{ jobs')).toEqual(['invalid_request']);
    expect(await codesOf('{ jobs { nonsense } }')).toEqual(['invalid_request']);
    expect(await codesOf('query ($id: ID!) { job(id: $id) { id } }')).toEqual(['invalid_request']);
    for (const body of ['{"query": 5}', 'junk', '[{"query": "{ __typename }"}]']) {
      const answer = await rest.send('POST', '/graphql', body, {
        accept: 'application/graphql-response+json',
      });
      expect([body, answer.status]).toEqual([body, 400]);
      expect(answer.text).toContain('"code":"invalid_request"');
    }
  });
});

describe('access', () => {
  test('without a key nothing is answered, in the shape that clients read', async () => {
    const closed = configured({ openAccess: false });
    const answer = await graphqlClient(closed).post('{ jobs { id } }');
    expect(answer.status).toBe(401);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(JSON.parse(answer.text)).toMatchObject({
      errors: [{ extensions: { code: 'unauthorized', status: 401 } }],
    });
    expect((await closed.get('/graphql', { accept: 'text/html' })).status).toBe(200);
  });

  test('pages elsewhere cannot have a browser ask: forms and plain text are not read, GET changes nothing', async () => {
    const mutation = 'mutation { deleteJob(id: "5b3f6a0e-9d2c-4f55-8a2e-111111111111") { id } }';
    const body = JSON.stringify({ query: mutation });
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ]) {
      const answer = await rest.send('POST', '/graphql', body, { 'content-type': type });
      expect([type, answer.status]).toEqual([type, 415]);
      expect(answer.text).toContain('"code":"unsupported_content_type"');
    }
    const get = await rest.get(`/graphql?query=${encodeURIComponent(mutation)}`);
    expect(get.status).toBe(405);
    expect(get.text).toContain('"code":"method_not_allowed"');
    const read = await rest.get(`/graphql?query=${encodeURIComponent('{ systemMetrics { totalJobs } }')}`);
    expect([read.status, read.text]).toEqual([200, expect.stringContaining('totalJobs')]);
  });

  test('the schema can be hidden, suggestions included', async () => {
    const hidden = graphqlClient(configured({ graphqlIntrospection: false }));
    expect((await client.ask('{ __schema { queryType { name } } }')).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
    const asked = await hidden.ask('{ __schema { queryType { name } } }');
    expect(asked.data).toBeUndefined();
    expect(asked.errors?.[0]?.extensions).toEqual({ code: 'invalid_request', status: 400 });
    const misspelt = '{ jobs { statu } }';
    expect((await client.ask(misspelt)).errors?.[0]?.message).toContain('"status"');
    expect((await hidden.ask(misspelt)).errors?.[0]?.message).not.toContain('"status"');
    expect((await hidden.ask('{ systemMetrics { failedJobs } }')).errors).toBeUndefined();
  });
});

describe('limits', () => {
  const told = async (query: string, variables?: Record<string, unknown>) =>
    (await client.ask(query, variables)).errors?.[0];

  test('of aliases', async () => {
    const aliases = (count: number) =>
      `{ ${Array.from({ length: count }, (_, i) => `a${i}: systemMetrics { totalJobs }`).join(' ')} }`;
    expect(await told(aliases(LIMITS.aliases))).toBeUndefined();
    expect(await told(aliases(LIMITS.aliases + 1))).toMatchObject({
      extensions: { code: 'invalid_request' },
    });
  });

  test('of tokens', async () => {
    const listed = (count: number) => `{ jobs(filter: {status: [${'failed '.repeat(count)}]}) { id } }`;
    expect(await told(listed(LIMITS.tokens - 20))).toBeUndefined();
    expect((await told(listed(LIMITS.tokens)))?.message).toMatch(/token/i);
  });

  test('of the depth of introspection, which tools need some of', async () => {
    const introspection =
      '{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } } }';
    expect(await told(introspection)).toBeUndefined();
    const deep = `{ __type(name: "Job") { fields { type { fields { type { fields { type { fields { type { fields { name } } } } } } } } } } }`;
    expect(await told(deep)).toMatchObject({ extensions: { code: 'invalid_request' } });
  });

  test('of cost, with the lengths that lists may have', async () => {
    const page = `query ($limit: Int!) { jobs(limit: $limit) {
      id status renditions { resolution outputKey } tasks { total } taskList { kind state attempts { outcome } }
      events { number type } } }`;
    expect(await told(page, { limit: 50 })).toBeUndefined();
    const twice = page.replace(
      'events {',
      'more: events(limit: 100) { number type data actor at } events(limit: 100) {',
    );
    expect((await told(twice, { limit: 100 }))?.message).toMatch(/complexity/i);
  });

  test('of the body', async () => {
    const answer = await client.post('{ __typename }', { padding: 'x'.repeat(4 * 1024 ** 2) });
    expect([answer.status, answer.text]).toEqual([413, expect.stringContaining('"code":"body_too_large"')]);
  });
});

test('operations are counted by their root field, whatever their sender calls them', async () => {
  const counting = restClient(outside.ctx);
  const { ask } = graphqlClient(counting);
  await ask('query Secret { systemMetrics { totalJobs } }');
  await ask('{ nonsense }');
  await ask('{ jobs { id } other: systemMetrics { totalJobs } }');
  await ask('mutation { cancelJob(id: "x") { id } }');
  await outside.settled();
  expect(counting.counted.filter((field) => field.startsWith('graphql count'))).toEqual([
    'graphql count systemMetrics ok',
    'graphql count invalid error',
    'graphql count several ok',
    'graphql count cancelJob error',
  ]);
});
