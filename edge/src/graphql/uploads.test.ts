import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { uploads } from '../db/schema.ts';
import { countStatements } from '../testing/count-statements.ts';
import { type GraphqlClient, graphqlClient } from '../testing/graphql-client.ts';
import { restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;
let client: GraphqlClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = graphqlClient(restClient(outside.ctx));
  await outside.ctx.db.execute(`insert into projects (id) values ('stranger'), ('paged')`);
});
afterAll(async () => {
  await outside.settled();
  await outside.close();
});

const MEBIBYTE = 1024 ** 2;
/** Like the first bytes of an MP4, and nothing more: enough to be taken for media. */
const HEAD = Buffer.from('00000018667479706d703432000000006d7034326d703431', 'hex');
const part = z.object({ partNumber: z.int(), uploadUrl: z.string() });
const upload = z.looseObject({ id: z.string(), status: z.string() });

function begin(sizeBytes: number) {
  return client.field(
    'createMultipartUpload',
    z.object({ uploadId: z.string(), partCount: z.int(), partSizeBytes: z.int(), parts: z.array(part) }),
    `mutation ($input: UploadInput!) {
      createMultipartUpload(input: $input) { uploadId partCount partSizeBytes parts { partNumber uploadUrl } }
    }`,
    { input: { filename: 'film.mp4', contentType: 'video/mp4', sizeBytes } },
  );
}

async function put(url: string, body: Buffer): Promise<string> {
  const answer = await fetch(url, { method: 'PUT', body });
  expect(answer.status).toBe(200);
  return answer.headers.get('etag') ?? '';
}

function seedUpload(row: Partial<typeof uploads.$inferInsert> = {}): Promise<string> {
  const id = outside.ctx.random.uuid();
  return outside.ctx.db
    .insert(uploads)
    .values({
      id,
      projectId: 'default',
      objectKey: `uploads/default/${id}/a.mp4`,
      filename: 'a.mp4',
      contentType: 'video/mp4',
      sizeBytes: 5,
      status: 'completed',
      actor: 'test',
      expiresAt: new Date('2030-01-01T00:00:00Z'),
      ...row,
    })
    .then(() => id);
}

test('an upload in parts: resumed from what was confirmed, held, completed and erased', async () => {
  const file = Buffer.concat([HEAD, Buffer.alloc(9 * MEBIBYTE)]);
  const begun = await begin(file.length);
  const id = begun.uploadId;
  expect([begun.partCount, begun.parts.map(({ partNumber }) => partNumber)]).toEqual([2, [1, 2]]);

  const first = await put(begun.parts[0]?.uploadUrl ?? '', file.subarray(0, begun.partSizeBytes));
  const confirm = `mutation ($id: ID!, $parts: [PartInput!]!) {
    confirmUploadParts(id: $id, parts: $parts) { id status method confirmedParts }
  }`;
  const confirmed = await client.ask(confirm, { id, parts: [{ partNumber: 1, etag: first }] });
  expect(confirmed.data?.confirmUploadParts).toEqual({
    id,
    status: 'pending',
    method: 'multipart',
    confirmedParts: [1],
  });

  // Somebody else goes on, who knows nothing but the id.
  const signed = await client.field(
    'uploadParts',
    z.array(part),
    'query ($id: ID!) { uploadParts(id: $id, from: 2) { partNumber uploadUrl } }',
    { id },
  );
  expect(signed.map(({ partNumber }) => partNumber)).toEqual([2]);
  const second = await put(signed[0]?.uploadUrl ?? '', file.subarray(begun.partSizeBytes));
  await client.field('confirmUploadParts', upload, confirm, {
    id,
    parts: [{ partNumber: 2, etag: second }],
  });
  const completed = await client.field(
    'completeUpload',
    upload,
    'mutation ($id: ID!) { completeUpload(id: $id) { id status etag confirmedParts legalHold completedAt } }',
    { id },
  );
  expect(completed).toMatchObject({ status: 'completed', etag: expect.any(String), confirmedParts: [] });

  const hold = 'mutation ($id: ID!, $held: Boolean!) { holdUpload(id: $id, legalHold: $held) { legalHold } }';
  const erase = 'mutation ($id: ID!) { deleteUpload(id: $id) { id kind subjectId reason status } }';
  expect((await client.ask(hold, { id, held: true })).data?.holdUpload).toEqual({ legalHold: true });
  expect((await client.ask(erase, { id })).errors?.[0]?.extensions.code).toBe('legal_hold');
  await client.ask(hold, { id, held: false });
  const receipt = await client.field('deleteUpload', z.looseObject({ id: z.uuid() }), erase, { id });
  expect(receipt).toMatchObject({ kind: 'upload', subjectId: id, reason: 'request', status: 'erasing' });

  expect(await client.ask('query ($id: ID!) { upload(id: $id) { id } }', { id })).toEqual({
    data: { upload: null },
  });
  const read = 'query ($id: ID!) { erasure(id: $id) { id kind subjectId reason status } }';
  expect((await client.ask(read, { id: receipt.id })).data?.erasure).toEqual(receipt);
  const list =
    'query ($id: ID!) { erasures(subjectId: $id) { nodes { id actor requestedAt emptiedAt } nextCursor } }';
  expect((await client.ask(list, { id })).data?.erasures).toMatchObject({
    nodes: [{ id: receipt.id, actor: 'local', emptiedAt: null }],
    nextCursor: null,
  });
});

test('one that is not complete is given up, without a receipt', async () => {
  const { uploadId: id } = await begin(20 * MEBIBYTE);
  const gone = await client.ask('mutation ($id: ID!) { deleteUpload(id: $id) { id } }', { id });
  expect(gone).toEqual({ data: { deleteUpload: null } });
  const read = await client.ask('query ($id: ID!) { upload(id: $id) { status } }', { id });
  expect(read.data?.upload).toEqual({ status: 'aborted' });
  const late = await client.ask('mutation ($id: ID!) { completeUpload(id: $id) { id } }', { id });
  expect(late.errors).toMatchObject([
    { path: ['completeUpload'], extensions: { code: 'upload_expired', status: 410 } },
  ]);
});

test('parts that cannot be are refused in the names of the arguments', async () => {
  const { uploadId: id } = await begin(20 * MEBIBYTE);
  const mutation = `mutation ($id: ID!, $parts: [PartInput!]!) { confirmUploadParts(id: $id, parts: $parts) { id } }`;
  const pathsOf = async (query: string, variables: Record<string, unknown>) =>
    (await client.ask(query, variables)).errors?.[0]?.extensions.issues;
  expect(await pathsOf(mutation, { id, parts: [{ partNumber: 0, etag: 'e' }] })).toMatchObject([
    { path: 'parts.0.partNumber' },
  ]);
  expect(await pathsOf(mutation, { id, parts: [{ partNumber: 4, etag: 'e' }] })).toEqual([
    { path: 'parts', message: 'this upload has 3 parts' },
  ]);
  const beyond = 'query ($id: ID!) { uploadParts(id: $id, from: 4) { partNumber } }';
  expect(await pathsOf(beyond, { id })).toEqual([{ path: 'from', message: 'this upload has 3 parts' }]);
});

test('what is not there, or is a stranger’s, reads as null and is not found when it is to be changed', async () => {
  const foreign = await seedUpload({ projectId: 'stranger' });
  for (const id of [foreign, outside.ctx.random.uuid(), 'nonsense']) {
    const read = await client.ask(
      'query ($id: ID!) { upload(id: $id) { id } uploadParts(id: $id) { partNumber } erasure(id: $id) { id } }',
      { id },
    );
    expect(read).toEqual({ data: { upload: null, uploadParts: null, erasure: null } });
  }
  for (const mutation of [
    'confirmUploadParts(id: $id, parts: [{partNumber: 1, etag: "e"}]) { id }',
    'completeUpload(id: $id) { id }',
    'holdUpload(id: $id, legalHold: true) { id }',
    'deleteUpload(id: $id) { id }',
  ]) {
    const refused = await client.ask(`mutation ($id: ID!) { ${mutation} }`, { id: foreign });
    expect([mutation, refused.errors?.[0]?.extensions]).toEqual([
      mutation,
      { code: 'upload_not_found', status: 404 },
    ]);
  }
});

describe('lists', () => {
  const page = z.object({ nodes: z.array(upload), nextCursor: z.string().nullable() });

  test('have pages after pages, and a filter', async () => {
    const ids: string[] = [];
    for (const status of ['completed', 'expired', 'completed'])
      ids.unshift(await seedUpload({ projectId: 'paged', status }));
    const rest = restClient(outside.ctx);
    const ask = (args: string) =>
      rest
        .send(
          'POST',
          '/query',
          { query: `{ uploads(${args}) { nodes { id status } nextCursor } }` },
          { 'x-project-id': 'paged' },
        )
        .then((answer) => answer.as(z.object({ data: z.object({ uploads: page }) })).data.uploads);
    const first = await ask('limit: 2');
    const second = await ask(`limit: 2, cursor: "${first.nextCursor}"`);
    expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual(ids);
    expect(second.nextCursor).toBeNull();
    expect((await ask('status: expired')).nodes.map(({ id }) => id)).toEqual([ids[1]]);
  });

  test('cost as many statements for many uploads as for one, their confirmed parts included', async () => {
    const counted = countStatements(outside.ctx);
    const asking = graphqlClient(restClient(counted.ctx));
    const costOf = async (limit: number) => {
      const before = counted.count();
      const query = `{ uploads(status: pending, limit: ${limit}) { nodes { id status confirmedParts } nextCursor } }`;
      const { nodes } = await asking.field('uploads', page, query);
      return [nodes.length, counted.count() - before];
    };
    const pending = { status: 'pending', partSizeBytes: 8 * MEBIBYTE, partCount: 3 };
    for (let i = 0; i < 20; i += 1) await seedUpload(pending);
    expect(await costOf(1)).toEqual([1, 2]);
    expect(await costOf(20)).toEqual([20, 2]);
  });
});
