import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type GraphqlClient, graphqlClient } from '../testing/graphql-client.ts';
import { restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;
let client: GraphqlClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = graphqlClient(restClient(outside.ctx));
});
afterAll(async () => {
  await outside.settled();
  await outside.close();
});

/** The first bytes of an MP4, and nothing more: enough to be taken for media. */
const FILE = Buffer.from('00000018667479706d703432000000006d7034326d703431', 'hex');
const single = z.object({
  uploadId: z.string(),
  inputKey: z.string(),
  uploadUrl: z.string(),
  headers: z.record(z.string(), z.string()),
});
const job = z.object({ id: z.string(), status: z.string() });

async function upload(): Promise<string> {
  const begun = await client.field(
    'createUpload',
    single,
    'mutation ($input: UploadInput!) { createUpload(input: $input) { uploadId inputKey uploadUrl headers expiresAt } }',
    { input: { filename: 'clip.mp4', contentType: 'video/mp4', sizeBytes: FILE.length } },
  );
  const put = await fetch(begun.uploadUrl, { method: 'PUT', headers: begun.headers, body: FILE });
  expect(put.status).toBe(200);
  const completed = await client.field(
    'completeUpload',
    z.object({ inputKey: z.string(), status: z.string(), sizeBytes: z.number() }),
    'mutation ($id: ID!) { completeUpload(id: $id) { inputKey status sizeBytes } }',
    { id: begun.uploadId },
  );
  expect(completed).toEqual({ inputKey: begun.inputKey, status: 'completed', sizeBytes: FILE.length });
  return begun.inputKey;
}

test('the journey of a job: upload, create, change, cancel, retry, delete', async () => {
  const inputKey = await upload();
  const created = await client.field(
    'createJob',
    z.object({
      id: z.string(),
      status: z.string(),
      metadata: z.unknown(),
      priority: z.int(),
      actor: z.string(),
    }),
    'mutation ($input: JobInput!) { createJob(input: $input) { id status metadata priority actor } }',
    { input: { inputKey, metadata: { film: 7 }, tags: ['a'], priority: 5 } },
  );
  expect(created).toMatchObject({ status: 'queued', metadata: { film: 7 }, priority: 5, actor: 'local' });
  await outside.settled();
  expect(outside.nudges).toHaveLength(1);
  expect(outside.nudges[0]?.traceparent).toMatch(/^00-[0-9a-f]{32}-/);

  const { id } = created;
  const changed = await client.ask(
    'mutation ($id: ID!) { updateJob(id: $id, changes: {tags: ["b"], legalHold: true}) { tags priority legalHold } }',
    { id },
  );
  expect(changed.data?.updateJob).toEqual({ tags: ['b'], priority: 5, legalHold: true });

  const act = (name: string) =>
    client.field(name, job, `mutation ($id: ID!) { ${name}(id: $id) { id status } }`, { id });
  expect(await act('cancelJob')).toEqual({ id, status: 'canceled' });
  expect(await act('retryJob')).toEqual({ id, status: 'queued' });

  const remove = 'mutation ($id: ID!) { deleteJob(id: $id) { id kind subjectId status } }';
  expect((await client.ask(remove, { id })).errors).toMatchObject([
    { extensions: { code: 'legal_hold', status: 409 } },
  ]);
  await client.ask('mutation ($id: ID!) { updateJob(id: $id, changes: {legalHold: false}) { id } }', { id });
  const receipt = await client.field('deleteJob', z.looseObject({ id: z.uuid() }), remove, { id });
  // Its objects may be gone before the receipt is read.
  expect(receipt).toMatchObject({
    ...{ kind: 'job', subjectId: id },
    status: expect.stringMatching(/^(?:erasing|emptied)$/),
  });
  expect(await client.ask('query ($id: ID!) { job(id: $id) { id } }', { id })).toEqual({
    data: { job: null },
  });
});

test('an Idempotency-Key holds here too, but not for what may turn out otherwise next time', async () => {
  const inputKey = await upload();
  const create = 'mutation ($input: JobInput!) { createJob(input: $input) { id } }';
  const send = () => client.post(create, { input: { inputKey } }, { 'idempotency-key': 'mine' });
  const first = await send();
  const second = await send();
  expect(second.text).toBe(first.text);
  expect(second.headers.get('idempotency-replayed')).toBe('true');

  const { id } = z
    .object({ data: z.object({ createJob: job.pick({ id: true }) }) })
    .parse(JSON.parse(first.text)).data.createJob;
  const retry = () =>
    client.post('mutation ($id: ID!) { retryJob(id: $id) { id } }', { id }, { 'idempotency-key': 'again' });
  expect((await retry()).text).toContain('"code":"job_not_retryable"');
  await client.ask('mutation ($id: ID!) { cancelJob(id: $id) { id } }', { id });
  expect((await retry()).text).toBe(JSON.stringify({ data: { retryJob: { id } } }));
});

test('a batch: each job has an outcome of its own', async () => {
  const inputKey = await upload();
  const outcomes = await client.field(
    'createJobs',
    z.array(
      z.object({
        job: job.nullable(),
        refusal: z.object({ code: z.string(), issues: z.array(z.object({ path: z.string() })) }).nullable(),
      }),
    ),
    `mutation ($inputs: [JobInput!]!) {
      createJobs(inputs: $inputs) { job { id status } refusal { code message issues { path message } } }
    }`,
    {
      inputs: [
        { inputKey },
        { inputKey, priority: 101 },
        { inputKey: 'uploads/default/none.mp4' },
        { inputKey },
      ],
    },
  );
  expect(outcomes).toMatchObject([
    { job: { status: 'queued' }, refusal: null },
    { job: null, refusal: { code: 'invalid_request', issues: [{ path: 'inputs.1.priority' }] } },
    { job: null, refusal: { code: 'source_not_found' } },
    { job: { status: 'queued' }, refusal: null },
  ]);
});
