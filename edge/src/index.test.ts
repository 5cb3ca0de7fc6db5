import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { job } from './rest/job-json.ts';
import { filmBytes } from './testing/film-bytes.ts';
import { seedJob, seedTrack } from './testing/seed-job.ts';
import { type RunningWorker, startWorker } from './testing/start-worker.ts';
import { openTestContext, type TestContext } from './testing/test-context.ts';

/* The whole Worker inside workerd, over its own bucket: what only the real runtime can show. */

let outside: TestContext;
let worker: RunningWorker;

beforeAll(async () => {
  outside = await openTestContext();
  worker = await startWorker(outside.ctx.config);
}, 90_000);
afterAll(async () => {
  await worker?.stop();
  await outside.close();
});

async function send(
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(new URL(path, worker.url), {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

test('a file goes up through a signed PUT, becomes a job, is listed, canceled and erased', async () => {
  const query = 'filename=a%20clip.mp4&content_type=video/mp4&size_bytes=5';
  const upload = z
    .object({ input_key: z.string(), upload_url: z.string(), headers: z.record(z.string(), z.string()) })
    .parse((await send('GET', `/upload-url?${query}`)).body);
  const put = await fetch(upload.upload_url, { method: 'PUT', headers: upload.headers, body: 'video' });
  expect(put.status).toBe(200);

  const created = await send('POST', '/jobs', { input_key: upload.input_key, metadata: { mine: 1 } });
  expect(created.status).toBe(201);
  const { id } = job.parse(created.body);
  expect(await send('GET', `/jobs/${id}`)).toEqual({ status: 200, body: created.body });
  expect(await send('GET', '/jobs')).toMatchObject({ body: { jobs: [{ id }], next_cursor: null } });
  expect(await send('POST', `/jobs/${id}/cancel`)).toMatchObject({
    status: 200,
    body: { status: 'canceled' },
  });
  expect((await send('DELETE', `/jobs/${id}`)).status).toBe(202);
  expect((await send('GET', `/jobs/${id}`)).status).toBe(404);
});

test('a large file goes up in parts', async () => {
  const begun = await send('POST', '/uploads', {
    filename: 'a.mp4',
    content_type: 'video/mp4',
    size_bytes: 8 * 1024 ** 2 + 1,
  });
  const upload = z
    .object({
      upload_id: z.string(),
      input_key: z.string(),
      parts: z.array(z.object({ part_number: z.number(), upload_url: z.string() })),
    })
    .parse(begun.body);
  const parts = await Promise.all(
    upload.parts.map(async ({ part_number, upload_url }) => {
      const body = part_number === 1 ? filmBytes(8 * 1024 ** 2) : 'a';
      const response = await fetch(upload_url, { method: 'PUT', body });
      return { part_number, etag: response.headers.get('etag') ?? '' };
    }),
  );
  expect(await send('POST', `/uploads/${upload.upload_id}/complete`, { parts })).toMatchObject({
    status: 200,
    body: { input_key: upload.input_key },
  });
});

test('segments stream through the edge, and its cache answers ranges once it has the whole', async () => {
  const { storage } = worker;
  const jobId = await seedJob({ ...outside.ctx, storage }, { playableAt: new Date() });
  for (const name of ['720p', '480p', 'audio-0']) {
    await seedTrack({ ...outside.ctx, storage }, jobId, name, { numbers: [0] });
  }
  const { hls_url } = job.parse((await send('GET', `/jobs/${jobId}`)).body);
  const segment = (hls_url ?? '').replace('master.m3u8', '720p/00000.m4s');
  const whole = await fetch(segment);
  expect([whole.status, await whole.text()]).toEqual([200, 'segment 0 of 720p']);

  await storage.delete(`objects/default/${jobId}/1/720p/00000.m4s`);
  const part = await fetch(segment, { headers: { range: 'bytes=0-6' } });
  expect([part.status, await part.text()]).toEqual([206, 'segment']);
  const head = await fetch(segment.replace('720p', '480p'), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '17']);
});

test('errors are problem documents here too', async () => {
  expect(await send('GET', '/jobs/42')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  expect(await send('GET', '/jobz')).toMatchObject({ status: 404, body: { code: 'route_not_found' } });
});

test('a body without a length is read like any other', async () => {
  const request = new Request(new URL('/jobs', worker.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: chunked('{"input_key":', '"uploads/none.mp4"}'),
    ...{ duplex: 'half' },
  });
  expect(await (await fetch(request)).json()).toMatchObject({ code: 'source_not_found' });
});

test('calls of the fleet are counted', async () => {
  const path = '/millrace.v1.FleetService/Report';
  const authorization = `Bearer ${outside.ctx.config.fleetToken}`;
  const headers = { authorization, 'content-type': 'application/json' };
  const page = async () => {
    const answer = await fetch(new URL(path, worker.url), { method: 'POST', headers, body: '{}' });
    expect([answer.status, await answer.json()]).toEqual([200, {}]);
    return (await fetch(new URL('/metrics', worker.url))).text();
  };
  await expect
    .poll(page, { timeout: 10_000, interval: 500 })
    .toMatch(/^rpc_requests_total\{method="\/millrace\.v1\.FleetService\/Report",code="ok"\} \d+$/m);
});

test('cron runs the backstop', async () => {
  const response = await fetch(new URL('/cdn-cgi/handler/scheduled?cron=*+*+*+*+*', worker.url));
  expect([response.status, await response.text()]).toEqual([200, 'ok']);
});

function chunked(...pieces: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
      controller.close();
    },
  });
}
