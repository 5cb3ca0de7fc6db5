import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { uploads, webhooks } from '../db/schema.ts';
import { filmBytes } from '../testing/film-bytes.ts';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { abortUpload } from '../uploads/abort-upload.ts';
import { completeUpload } from '../uploads/complete-upload.ts';
import { confirmParts } from '../uploads/confirm-parts.ts';
import { createUpload } from '../uploads/create-upload.ts';
import { expireUploads } from '../uploads/expire-uploads.ts';
import { listUploads } from '../uploads/list-uploads.ts';
import { readUpload } from '../uploads/read-upload.ts';
import { signParts } from '../uploads/sign-parts.ts';
import { upload as uploadShape, uploadWithParts } from './upload-json.ts';

const MIB = 1024 ** 2;
const FILM = filmBytes(40);
let outside: TestContext;
let client: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
});
afterAll(() => outside.close());

const signedPut = z.object({
  upload_id: z.string(),
  input_key: z.string(),
  upload_url: z.string(),
  method: z.literal('PUT'),
  headers: z.record(z.string(), z.string()),
  expires_at: z.iso.datetime(),
});
const signedParts = z.array(z.object({ part_number: z.number(), upload_url: z.string() }));
const multipart = z.object({
  upload_id: z.string(),
  method: z.literal('multipart'),
  input_key: z.string(),
  part_size_bytes: z.number(),
  part_count: z.number(),
  parts: signedParts,
  expires_at: z.iso.datetime(),
});

async function beginSingle(sizeBytes = FILM.length) {
  const query = `filename=a.mp4&content_type=video/mp4&size_bytes=${sizeBytes}`;
  return (await client.get(`/upload-url?${query}`)).as(signedPut);
}

async function send(upload: { upload_url: string; headers: Record<string, string> }, body: string) {
  const response = await fetch(upload.upload_url, { method: 'PUT', headers: upload.headers, body });
  return { status: response.status, etag: response.headers.get('etag') ?? '' };
}

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
    { part_number: 1, etag: await sendPart(upload.parts[0]?.upload_url, filmBytes(8 * MIB)) },
  ];
}

function complete(upload: { upload_id: string }, body?: unknown) {
  return client.send('POST', `/uploads/${upload.upload_id}/complete`, body);
}

function codeOf(answer: Awaited<ReturnType<RestClient['send']>>) {
  return [answer.status, answer.as(problemShape).code];
}

async function rowOf(inputKey: string) {
  const [row] = await outside.ctx.db.select().from(uploads).where(eq(uploads.objectKey, inputKey));
  return row;
}

async function statusOf(inputKey: string) {
  return (await rowOf(inputKey))?.status;
}

/** Until when what lies under a key is to be erased. */
async function erasedUntil(key: string) {
  const rows = await rowsOf(
    outside.ctx.db,
    sql`select final_after from erasures where prefix = ${key}`,
    z.object({ final_after: z.coerce.date() }),
  );
  return rows.map((row) => row.final_after);
}

describe('in one PUT', () => {
  test('the file goes where the answer says, under a name made safe', async () => {
    const query = `filename=My%20(holiday)%20video%C3%A9.mp4&content_type=video/mp4&size_bytes=${FILM.length}`;
    const upload = (await client.get(`/upload-url?${query}`)).as(signedPut);
    expect(upload.input_key).toBe(`uploads/default/${upload.upload_id}/My-holiday-videoe-.mp4`);
    expect(upload.headers).toEqual({
      'content-type': 'video/mp4',
      'content-length': String(FILM.length),
      'if-none-match': '*',
    });
    expect(Date.parse(upload.expires_at) - Date.now()).toBeGreaterThan(3_590_000);
    const { method, headers } = upload;
    const anyLength = { 'content-type': 'video/mp4', 'if-none-match': '*' };
    const tooLong = await fetch(upload.upload_url, { method, headers: anyLength, body: `${FILM}!` });
    expect(tooLong.status).toBe(403);
    const { 'if-none-match': _, ...mayOverwrite } = headers;
    expect((await fetch(upload.upload_url, { method, headers: mayOverwrite, body: FILM })).status).toBe(403);
    expect((await send(upload, FILM)).status).toBe(200);
    expect((await client.send('POST', '/jobs', { input_key: upload.input_key })).status).toBe(201);
  });

  test('is confirmed; asking again gives the same answer, and a late second PUT changes nothing', async () => {
    const upload = await beginSingle();
    const { etag } = await send(upload, FILM);
    const first = await complete(upload);
    expect(first.as(uploadShape)).toMatchObject({
      upload_id: upload.upload_id,
      status: 'completed',
      method: 'single',
      input_key: upload.input_key,
      size_bytes: FILM.length,
      part_count: null,
      etag,
      completed_at: expect.any(String),
    });
    expect((await send(upload, filmBytes(39).concat('!'))).status).toBe(412);
    expect((await complete(upload, { etag })).text).toBe(first.text);
    const stored = await outside.ctx.storage.get(upload.input_key);
    expect(await stored.text()).toBe(FILM);
    expect((await client.get(`/uploads/${upload.upload_id}`)).as(uploadWithParts)).toEqual({
      ...first.as(uploadShape),
      confirmed_parts: [],
    });
    expect((await rowOf(upload.input_key))?.actor).toBe('local');
  });

  test('may be asked for as uploads in parts are', async () => {
    const body = { filename: 'a.mp4', content_type: 'video/mp4', size_bytes: FILM.length, method: 'single' };
    const answer = await client.send('POST', '/uploads', body);
    expect(answer.status).toBe(201);
    const upload = answer.as(signedPut.extend({ method: z.literal('single') }));
    expect((await send(upload, FILM)).status).toBe(200);
    expect((await complete(upload, {})).status).toBe(200);
    expect(codeOf(await client.get(`/uploads/${upload.upload_id}/parts`))).toEqual([404, 'upload_not_found']);
  });

  test('cannot be confirmed before it has arrived, nor with the ETag of something else', async () => {
    const upload = await beginSingle();
    expect(codeOf(await complete(upload))).toEqual([409, 'upload_incomplete']);
    const { etag } = await send(upload, FILM);
    expect(codeOf(await complete(upload, { etag: '"another"' }))).toEqual([409, 'upload_incomplete']);
    expect(await statusOf(upload.input_key)).toBe('pending');
    expect((await complete(upload, { etag: etag.replaceAll('"', '') })).status).toBe(200);
  });

  test('is refused and thrown away when it is no media', async () => {
    const upload = await beginSingle(5);
    await send(upload, 'hello');
    expect(codeOf(await complete(upload))).toEqual([422, 'upload_not_media']);
    expect(await outside.ctx.storage.head(upload.input_key)).toBeNull();
    expect(await statusOf(upload.input_key)).toBe('aborted');
    expect(codeOf(await complete(upload))).toEqual([410, 'upload_expired']);
    // The URL still works for a while: what comes by it goes too.
    expect((await erasedUntil(upload.input_key))[0]?.getTime()).toBeGreaterThan(
      Date.parse(upload.expires_at),
    );
  });

  test('stays when a job has come to read it, whatever it is', async () => {
    const upload = await beginSingle(5);
    await send(upload, 'hello');
    await seedJob(outside.ctx, { sourceKey: upload.input_key });
    expect(codeOf(await complete(upload))).toEqual([422, 'upload_not_media']);
    expect(await outside.ctx.storage.head(upload.input_key)).not.toBeNull();
  });

  test('is given up with what had arrived of it; giving it up again is fine', async () => {
    const upload = await beginSingle();
    await send(upload, FILM);
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(204);
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(204);
    expect(await outside.ctx.storage.head(upload.input_key)).toBeNull();
    expect(codeOf(await complete(upload))).toEqual([410, 'upload_expired']);
    expect(await erasedUntil(upload.input_key)).toHaveLength(1);
  });

  test('tells webhooks that want to know, once, however often it is confirmed', async () => {
    const hook = (events: string[]) => ({
      id: outside.ctx.random.uuid(),
      projectId: 'default',
      url: 'https://receiver.example/',
      events,
      secret: 'whsec_x',
      actor: 'local',
    });
    const wanting = hook(['upload.completed']);
    await outside.ctx.db.insert(webhooks).values([wanting, hook(['job.created'])]);
    const upload = await beginSingle();
    const { etag } = await send(upload, FILM);
    // Nothing is sent here: that something is to be sent is what counts.
    const door = restClient({ ...outside.ctx, waitUntil: () => {} });
    const confirm = () => door.send('POST', `/uploads/${upload.upload_id}/complete`);
    await Promise.all([confirm(), confirm(), confirm()]);
    const told = await rowsOf(
      outside.ctx.db,
      sql`select webhook_id, type, data from webhook_deliveries where upload_id = ${upload.upload_id}::uuid`,
      z.object({ webhook_id: z.string(), type: z.string(), data: z.unknown() }),
    );
    const data = {
      ...{ upload_id: upload.upload_id, input_key: upload.input_key, filename: 'a.mp4' },
      ...{ content_type: 'video/mp4', size_bytes: FILM.length, etag },
    };
    expect(told).toEqual([{ webhook_id: wanting.id, type: 'upload.completed', data }]);
    await outside.ctx.db.delete(webhooks);
  });
});

describe('in parts', () => {
  test('parts are joined in the order of their numbers; asking again gives the same answer', async () => {
    const upload = await begin();
    expect(upload).toMatchObject({ part_size_bytes: 8 * MIB, part_count: 2 });
    expect(upload.parts.map((part) => part.part_number)).toEqual([1, 2]);
    const parts = await sendBoth(upload);
    const first = await complete(upload, { parts });
    expect(first.as(uploadShape)).toMatchObject({
      ...{ status: 'completed', method: 'multipart', input_key: upload.input_key, size_bytes: 8 * MIB + 3 },
      etag: (await outside.ctx.storage.head(upload.input_key))?.etag,
    });
    expect((await complete(upload, { parts })).text).toBe(first.text);
    const latePart = await fetch(upload.parts[1]?.upload_url ?? '', { method: 'PUT', body: 'END' });
    expect(latePart.status).toBe(404);
    const stored = await outside.ctx.storage.get(upload.input_key, { range: 'bytes=8388606-' });
    expect(await stored.text()).toBe('\0\0end');
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
    const answer = await complete(upload, { parts });
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
    const answer = await complete(upload, { parts });
    expect([answer.status, answer.as(problemShape).errors?.[0]?.path]).toEqual([400, 'body.parts']);
  });

  test('parts that never arrived are told, and the upload goes on', async () => {
    const upload = await begin();
    const parts = [1, 2].map((part_number) => ({ part_number, etag: '"never-sent"' }));
    const answer = await complete(upload, { parts });
    expect([answer.status, answer.as(problemShape).code]).toEqual([409, 'upload_incomplete']);
    expect(await statusOf(upload.input_key)).toBe('pending');
    const sent = await sendBoth(upload);
    expect((await complete(upload, { parts: sent })).status).toBe(200);
  });

  test('a file of another size than announced is refused, and thrown away', async () => {
    const upload = await begin();
    const parts = [
      { part_number: 1, etag: await sendPart(upload.parts[0]?.upload_url, filmBytes(8 * MIB)) },
      { part_number: 2, etag: await sendPart(upload.parts[1]?.upload_url, 'much more') },
    ];
    const answer = await complete(upload, { parts });
    expect([answer.status, answer.as(problemShape).code]).toEqual([422, 'upload_mismatch']);
    expect(answer.as(problemShape).detail).toContain(String(8 * MIB + 9));
    expect(await outside.ctx.storage.head(upload.input_key)).toBeNull();
    expect(await statusOf(upload.input_key)).toBe('aborted');
  });

  test('an upload that was given up is over, for storage too; giving it up again is fine', async () => {
    const upload = await begin();
    const parts = await sendBoth(upload);
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(204);
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(204);
    const answer = await complete(upload, { parts });
    expect([answer.status, answer.as(problemShape).code]).toEqual([410, 'upload_expired']);
    expect((await fetch(upload.parts[0]?.upload_url ?? '', { method: 'PUT', body: 'x' })).status).toBe(404);
  });

  test('a complete upload is erased', async () => {
    const upload = await begin();
    const parts = await sendBoth(upload);
    await complete(upload, { parts });
    expect((await client.send('DELETE', `/uploads/${upload.upload_id}`)).status).toBe(202);
    expect((await client.get(`/uploads/${upload.upload_id}`)).status).toBe(404);
    expect(await erasedUntil(upload.input_key)).toHaveLength(1);
  });
});

describe('taken up again by a client that remembers nothing', () => {
  test('reads what is missing, sends it, and completes without naming parts', async () => {
    const upload = await begin();
    const path = `/uploads/${upload.upload_id}`;
    const etag = await sendPart(upload.parts[0]?.upload_url, filmBytes(8 * MIB));
    const confirm = (part_number: number, etag: string) =>
      client.send('POST', `${path}/parts`, { parts: [{ part_number, etag }] });
    expect((await confirm(1, '"a-try-that-failed"')).status).toBe(204);
    expect((await confirm(1, etag)).status).toBe(204);

    const found = (await client.get(path)).as(uploadWithParts);
    expect(found).toMatchObject({ status: 'pending', part_count: 2, confirmed_parts: [1] });
    const early = await complete(upload);
    expect([early.status, early.as(problemShape).code]).toEqual([409, 'upload_incomplete']);
    expect(early.as(problemShape).detail).toContain('1 of 2');

    const missing = Array.from({ length: found.part_count ?? 0 }, (_, index) => index + 1).filter(
      (number) => !found.confirmed_parts.includes(number),
    );
    expect(missing).toEqual([2]);
    for (const number of missing) {
      const signed = (await client.get(`${path}/parts?from=${number}`)).as(z.object({ parts: signedParts }));
      await confirm(number, await sendPart(signed.parts[0]?.upload_url, 'end'));
    }
    const first = await complete(upload);
    expect(first.as(uploadShape)).toMatchObject({ status: 'completed', size_bytes: 8 * MIB + 3 });
    expect((await complete(upload)).text).toBe(first.text);
    expect((await client.get(path)).as(uploadWithParts).confirmed_parts).toEqual([]);
    expect(codeOf(await confirm(1, etag))).toEqual([410, 'upload_expired']);
  });

  test('parts that there cannot be are not confirmed', async () => {
    const upload = await begin();
    const confirm = (parts: unknown, id = upload.upload_id) =>
      client.send('POST', `/uploads/${id}/parts`, { parts });
    const beyond = await confirm([1, 3].map((part_number) => ({ part_number, etag: '"a"' })));
    expect([beyond.status, beyond.as(problemShape).errors?.[0]?.path]).toEqual([400, 'body.parts']);
    const twice = await confirm([1, 1].map((part_number) => ({ part_number, etag: '"a"' })));
    expect([twice.status, twice.as(problemShape).errors?.[0]?.path]).toEqual([400, 'body.parts']);
    const one = [{ part_number: 1, etag: '"a"' }];
    expect(codeOf(await confirm(one, outside.ctx.random.uuid()))).toEqual([404, 'upload_not_found']);
    expect(codeOf(await confirm(one, (await beginSingle()).upload_id))).toEqual([404, 'upload_not_found']);
    const { confirmed_parts } = (await client.get(`/uploads/${upload.upload_id}`)).as(uploadWithParts);
    expect(confirmed_parts).toEqual([]);
  });
});

describe('begun', () => {
  const film = { filename: 'a.mp4', content_type: 'video/mp4', size_bytes: 9 * MIB };

  test.each(['single', 'multipart'])('again under the same id (%s) it is the same upload', async (method) => {
    const id = outside.ctx.random.uuid();
    const again = restClient({ ...outside.ctx, random: { ...outside.ctx.random, uuid: () => id } });
    const shape = z.object({ upload_id: z.string(), input_key: z.string() });
    const [first, second] = await Promise.all([
      again.send('POST', '/uploads', { ...film, method }),
      again.send('POST', '/uploads', { ...film, method }),
    ]);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.as(shape)).toEqual(first.as(shape));
    if (method === 'single') return;
    const urls = [first, second].map((answer) => answer.as(multipart).parts[0]?.upload_url ?? '');
    expect(new Set(urls.map((url) => new URL(url).searchParams.get('uploadId'))).size).toBe(1);
  });

  test('its row is there before storage is asked, and goes soon when storage never answers', async () => {
    const createMultipart = () => Promise.reject(new Error('the isolate died'));
    const dying = { ...outside.ctx, storage: { ...outside.ctx.storage, createMultipart } };
    const before = await idsOf();
    expect((await restClient(dying).send('POST', '/uploads', film)).status).toBe(500);
    const [left] = (await idsOf()).filter((row) => !before.some(({ id }) => id === row.id));
    expect(left).toMatchObject({ status: 'pending', multipartId: null, partCount: 2 });
    expect((left?.expiresAt.getTime() ?? 0) - Date.now()).toBeLessThan(2 * 3_600_000);
    expect(codeOf(await client.get(`/uploads/${left?.id}/parts`))).toEqual([410, 'upload_expired']);
  });

  test('a project stores no more than its quota', async () => {
    await outside.ctx.db.execute(sql`insert into projects (id, stored_bytes) values ('small', ${9 * MIB})`);
    const input = { projectId: 'small', actor: 'key:1', filename: 'a.mp4', contentType: 'video/mp4' };
    const begin = (ctx: Context, sizeBytes: number) =>
      createUpload(ctx, { ...input, sizeBytes, method: 'single' });
    const id = outside.ctx.random.uuid();
    const same = { ...outside.ctx, random: { ...outside.ctx.random, uuid: () => id } };
    await begin(same, 9 * MIB);
    await begin(same, 9 * MIB);
    await expect(begin(outside.ctx, 1)).rejects.toMatchObject({ code: 'quota_exceeded' });
    await abortUpload(outside.ctx, { projectId: 'small', uploadId: id, actor: 'test' });
    await begin(outside.ctx, 1);
  });

  function idsOf() {
    return outside.ctx.db.select().from(uploads);
  }
});

describe('read', () => {
  test('in pages, newest first, by status', async () => {
    const made = [await beginSingle(), await beginSingle(), await beginSingle()].map(
      (upload) => upload.upload_id,
    );
    const list = z.object({ uploads: z.array(uploadShape), next_cursor: z.string().nullable() });
    const first = (await client.get('/uploads?status=pending&limit=2')).as(list);
    expect(first.uploads.map((upload) => upload.upload_id)).toEqual([made[2], made[1]]);
    const next = (await client.get(`/uploads?status=pending&limit=1&cursor=${first.next_cursor}`)).as(list);
    expect(next.uploads.map((upload) => upload.upload_id)).toEqual([made[0]]);
    await client.send('DELETE', `/uploads/${made[1]}`);
    const aborted = (await client.get('/uploads?status=aborted&limit=100')).as(list);
    expect(aborted.uploads.map((upload) => upload.upload_id)).toContain(made[1]);
    expect(new Set(aborted.uploads.map((upload) => upload.status))).toEqual(new Set(['aborted']));
    const foreign = await client.get('/uploads?cursor=bm8');
    expect([foreign.status, foreign.as(problemShape).errors?.[0]?.path]).toEqual([400, 'query.cursor']);
  });

  test('never by another project', async () => {
    const upload = await begin();
    const ref = { projectId: 'stranger', uploadId: upload.upload_id };
    const refused = { code: 'upload_not_found' };
    await expect(readUpload(outside.ctx, ref)).rejects.toMatchObject(refused);
    await expect(abortUpload(outside.ctx, { ...ref, actor: 'test' })).rejects.toMatchObject(refused);
    await expect(signParts(outside.ctx, { ...ref, from: 1 })).rejects.toMatchObject(refused);
    const parts = [{ partNumber: 1, etag: '"a"' }];
    await expect(confirmParts(outside.ctx, { ...ref, parts })).rejects.toMatchObject(refused);
    await expect(
      completeUpload(outside.ctx, { ...ref, actor: 'test', parts, etag: null }),
    ).rejects.toMatchObject(refused);
    expect(
      (await listUploads(outside.ctx, { ...ref, status: null, limit: 9, cursor: null })).uploads,
    ).toEqual([]);
    expect(await statusOf(upload.input_key)).toBe('pending');
  });
});

describe('when their time is over', () => {
  const overdue = { expiresAt: new Date(Date.now() - 1_000) };

  test('parts are thrown away, objects that arrived are kept, and what is not due is left alone', async () => {
    const arrived = await beginSingle();
    const { etag } = await send(arrived, FILM);
    const never = await beginSingle();
    const text = await beginSingle(5);
    await send(text, 'hello');
    const abandoned = await begin();
    const current = await begin();
    for (const key of [arrived, never, text, abandoned].map((upload) => upload.input_key)) {
      await outside.ctx.db.update(uploads).set(overdue).where(eq(uploads.objectKey, key));
    }
    await Promise.all([expireUploads(outside.ctx), expireUploads(outside.ctx)]);
    expect(await statusOf(arrived.input_key)).toBe('completed');
    expect((await rowOf(arrived.input_key))?.etag).toBe(etag);
    expect(await statusOf(never.input_key)).toBe('expired');
    expect(await statusOf(text.input_key)).toBe('expired');
    expect(await outside.ctx.storage.head(text.input_key)).toBeNull();
    expect(await statusOf(abandoned.input_key)).toBe('expired');
    expect(await statusOf(current.input_key)).toBe('pending');
    expect(await outside.ctx.storage.head(arrived.input_key)).not.toBeNull();
    expect((await fetch(abandoned.parts[0]?.upload_url ?? '', { method: 'PUT', body: 'x' })).status).toBe(
      404,
    );
    expect((await client.get(`/uploads/${abandoned.upload_id}/parts`)).status).toBe(410);
  });

  test('what began at storage and was never noted is found and forgotten', async () => {
    const abandoned = await begin();
    const lost = { ...overdue, multipartId: null };
    const id = (await rowOf(abandoned.input_key))?.multipartId ?? '';
    await outside.ctx.db.update(uploads).set(lost).where(eq(uploads.id, abandoned.upload_id));
    const storage = {
      ...outside.ctx.storage,
      listMultiparts: async (key: string) => (key === abandoned.input_key ? [id] : []),
    };
    await expireUploads({ ...outside.ctx, storage });
    expect(await statusOf(abandoned.input_key)).toBe('expired');
    expect((await fetch(abandoned.parts[0]?.upload_url ?? '', { method: 'PUT', body: 'x' })).status).toBe(
      404,
    );
  });

  test('a storage that is away costs nothing: the next time tries again', async () => {
    const abandoned = await begin();
    await outside.ctx.db.update(uploads).set(overdue).where(eq(uploads.id, abandoned.upload_id));
    const storage = { ...outside.ctx.storage, abortMultipart: () => Promise.reject(new Error('away')) };
    await expireUploads({ ...outside.ctx, storage });
    expect(await statusOf(abandoned.input_key)).toBe('pending');
  });
});
