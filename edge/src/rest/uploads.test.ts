import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { uploads } from '../db/schema.ts';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { expireUploads } from '../uploads/expire-uploads.ts';

const MIB = 1024 ** 2;
let outside: TestContext;
let client: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
});
afterAll(() => outside.close());

const signedPut = z.object({
  input_key: z.string(),
  upload_url: z.string(),
  method: z.literal('PUT'),
  headers: z.record(z.string(), z.string()),
  expires_at: z.iso.datetime(),
});
const signedParts = z.array(z.object({ part_number: z.number(), upload_url: z.string() }));
const multipart = z.object({
  upload_id: z.string(),
  input_key: z.string(),
  part_size_bytes: z.number(),
  part_count: z.number(),
  parts: signedParts,
});

/** Begins an upload of two parts, the second of three bytes. */
async function begin(sizeBytes = 8 * MIB + 3) {
  const answer = await client.send('POST', '/uploads', {
    filename: 'film.mov',
    content_type: 'video/quicktime',
    size_bytes: sizeBytes,
  });
  expect(answer.status).toBe(201);
  return answer.as(multipart);
}

async function sendPart(url: string | undefined, body: string): Promise<string> {
  const response = await fetch(url ?? '', { method: 'PUT', body });
  expect(response.status).toBe(200);
  return response.headers.get('etag') ?? '';
}

async function sendBoth(upload: z.infer<typeof multipart>) {
  return [
    { part_number: 2, etag: await sendPart(upload.parts[1]?.upload_url, 'end') },
    { part_number: 1, etag: await sendPart(upload.parts[0]?.upload_url, 'a'.repeat(8 * MIB)) },
  ];
}

function statusOf(inputKey: string) {
  return outside.ctx.db
    .select({ status: uploads.status })
    .from(uploads)
    .where(eq(uploads.objectKey, inputKey))
    .then((rows) => rows[0]?.status);
}

describe('in one PUT', () => {
  test('the file goes where the answer says, under a name made safe', async () => {
    const query = 'filename=My%20(holiday)%20video%C3%A9.mp4&content_type=video/mp4&size_bytes=5';
    const upload = (await client.get(`/upload-url?${query}`)).as(signedPut);
    expect(upload.input_key).toMatch(/^uploads\/default\/[0-9a-f-]{36}\/My-holiday-videoe-?\.mp4$/);
    expect(upload.headers).toEqual({ 'content-type': 'video/mp4', 'content-length': '5' });
    expect(Date.parse(upload.expires_at) - Date.now()).toBeGreaterThan(3_590_000);
    const { method, headers } = upload;
    const anyLength = { 'content-type': 'video/mp4' };
    expect((await fetch(upload.upload_url, { method, headers: anyLength, body: 'too long' })).status).toBe(
      403,
    );
    expect((await fetch(upload.upload_url, { method, headers, body: 'video' })).status).toBe(200);
    expect((await client.send('POST', '/jobs', { input_key: upload.input_key })).status).toBe(201);
  });
});

describe('in parts', () => {
  test('parts are joined in the order of their numbers; asking again gives the same answer', async () => {
    const upload = await begin();
    expect(upload).toMatchObject({ part_size_bytes: 8 * MIB, part_count: 2 });
    expect(upload.parts.map((part) => part.part_number)).toEqual([1, 2]);
    const parts = await sendBoth(upload);
    const complete = () => client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts });
    const first = await complete();
    expect(first.as(z.unknown())).toEqual({ input_key: upload.input_key, size_bytes: 8 * MIB + 3 });
    expect((await complete()).text).toBe(first.text);
    const stored = await outside.ctx.storage.get(upload.input_key, { range: 'bytes=8388606-' });
    expect(await stored.text()).toBe('aaend');
    expect(await statusOf(upload.input_key)).toBe('completed');
    const late = await client.get(`/uploads/${upload.upload_id}/parts`);
    expect([late.status, late.as(problemShape).code]).toEqual([410, 'upload_expired']);
  });

  test('a completion whose answer was lost after storage had joined the parts is made good', async () => {
    const upload = await begin();
    const parts = await sendBoth(upload);
    const [row] = await outside.ctx.db.select().from(uploads).where(eq(uploads.id, upload.upload_id));
    await outside.ctx.storage.completeMultipart(
      upload.input_key,
      row?.multipartId ?? '',
      parts.map((part) => ({ partNumber: part.part_number, etag: part.etag })).reverse(),
    );
    const answer = await client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts });
    expect(answer.status).toBe(200);
    expect(await statusOf(upload.input_key)).toBe('completed');
  });

  test('URLs come a hundred at a time, from wherever one asks', async () => {
    const upload = await begin(250 * 8 * MIB);
    expect([upload.part_count, upload.parts.length]).toEqual([250, 100]);
    const page = z.object({ parts: signedParts });
    const tail = (await client.get(`/uploads/${upload.upload_id}/parts?from=201`)).as(page);
    expect(tail.parts.map((part) => part.part_number)).toEqual(Array.from({ length: 50 }, (_, i) => 201 + i));
    const again = (await client.get(`/uploads/${upload.upload_id}/parts`)).as(page);
    expect(again.parts).toHaveLength(100);
    const beyond = await client.get(`/uploads/${upload.upload_id}/parts?from=251`);
    expect([beyond.status, beyond.as(problemShape).errors?.[0]?.path]).toEqual([400, 'query.from']);
  });

  test.each([
    ['a missing part', [{ part_number: 1, etag: '"a"' }]],
    ['a part twice', [1, 1].map((part_number) => ({ part_number, etag: '"a"' }))],
    ['a part too many', [1, 2, 3].map((part_number) => ({ part_number, etag: '"a"' }))],
  ])('%s is refused before storage is asked', async (_name, parts) => {
    const upload = await begin();
    const answer = await client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts });
    expect([answer.status, answer.as(problemShape).errors?.[0]?.path]).toEqual([400, 'body.parts']);
  });

  test('parts that never arrived are told, and the upload goes on', async () => {
    const upload = await begin();
    const parts = [1, 2].map((part_number) => ({ part_number, etag: '"never-sent"' }));
    const answer = await client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts });
    expect([answer.status, answer.as(problemShape).code]).toEqual([409, 'upload_incomplete']);
    expect(await statusOf(upload.input_key)).toBe('pending');
    const sent = await sendBoth(upload);
    expect((await client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts: sent })).status).toBe(
      200,
    );
  });

  test('a file of another size than announced is refused, and thrown away', async () => {
    const upload = await begin();
    const parts = [
      { part_number: 1, etag: await sendPart(upload.parts[0]?.upload_url, 'a'.repeat(8 * MIB)) },
      { part_number: 2, etag: await sendPart(upload.parts[1]?.upload_url, 'much more') },
    ];
    const answer = await client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts });
    expect([answer.status, answer.as(problemShape).code]).toEqual([409, 'upload_incomplete']);
    expect(answer.as(problemShape).detail).toContain(String(8 * MIB + 9));
    expect(await outside.ctx.storage.head(upload.input_key)).toBeNull();
    expect(await statusOf(upload.input_key)).toBe('aborted');
  });

  test('an upload that was given up is over, for storage too; giving it up again is fine', async () => {
    const upload = await begin();
    const parts = await sendBoth(upload);
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(204);
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(204);
    const answer = await client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts });
    expect([answer.status, answer.as(problemShape).code]).toEqual([410, 'upload_expired']);
    expect((await fetch(upload.parts[0]?.upload_url ?? '', { method: 'PUT', body: 'x' })).status).toBe(404);
  });

  test('a complete upload cannot be given up', async () => {
    const upload = await begin();
    const parts = await sendBoth(upload);
    await client.send('POST', `/uploads/${upload.upload_id}/complete`, { parts });
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(410);
    expect(await outside.ctx.storage.head(upload.input_key)).not.toBeNull();
  });
});

describe('when their time is over', () => {
  const overdue = { expiresAt: new Date(Date.now() - 1_000) };

  test('parts are thrown away, objects that arrived are kept, and what is not due is left alone', async () => {
    const query = 'filename=a.mp4&content_type=video/mp4&size_bytes=5';
    const arrived = (await client.get(`/upload-url?${query}`)).as(signedPut);
    await fetch(arrived.upload_url, { method: 'PUT', headers: arrived.headers, body: 'video' });
    const never = (await client.get(`/upload-url?${query}`)).as(signedPut);
    const abandoned = await begin();
    const current = await begin();
    for (const key of [arrived.input_key, never.input_key, abandoned.input_key]) {
      await outside.ctx.db.update(uploads).set(overdue).where(eq(uploads.objectKey, key));
    }
    await Promise.all([expireUploads(outside.ctx), expireUploads(outside.ctx)]);
    expect(await statusOf(arrived.input_key)).toBe('completed');
    expect(await statusOf(never.input_key)).toBe('expired');
    expect(await statusOf(abandoned.input_key)).toBe('expired');
    expect(await statusOf(current.input_key)).toBe('pending');
    expect(await outside.ctx.storage.head(arrived.input_key)).not.toBeNull();
    expect((await fetch(abandoned.parts[0]?.upload_url ?? '', { method: 'PUT', body: 'x' })).status).toBe(
      404,
    );
    expect((await client.get(`/uploads/${abandoned.upload_id}/parts`)).status).toBe(410);
  });

  test('a storage that is away costs nothing: the next time tries again', async () => {
    const abandoned = await begin();
    await outside.ctx.db.update(uploads).set(overdue).where(eq(uploads.id, abandoned.upload_id));
    const storage = { ...outside.ctx.storage, abortMultipart: () => Promise.reject(new Error('away')) };
    await expireUploads({ ...outside.ctx, storage });
    expect(await statusOf(abandoned.input_key)).toBe('pending');
  });
});
