import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type RunningWorker, startWorker } from './testing/start-worker.ts';
import { openTestContext, type TestContext } from './testing/test-context.ts';

/* The whole Worker inside workerd: what only the real runtime can show. */

let outside: TestContext;
let worker: RunningWorker;

beforeAll(async () => {
  outside = await openTestContext();
  worker = await startWorker(outside.ctx.config);
}, 90_000);

afterAll(async () => {
  await worker.stop();
  await outside.close();
});

test('a file goes up through a signed PUT, becomes a job, is listed, canceled and erased', async () => {
  const signed = await get('/upload-url?filename=a%20clip.mp4&content_type=video/mp4&size_bytes=5');
  const upload = z.object({ input_key: z.string(), upload_url: z.string(), headers: z.record(z.string(), z.string()) }).parse(signed.body);
  const put = await fetch(upload.upload_url, { method: 'PUT', headers: upload.headers, body: 'video' });
  expect(put.status).toBe(200);

  const created = await send('POST', '/jobs', { input_key: upload.input_key, metadata: { mine: 1 } });
  console.log(created);
  expect(created.status).toBe(201);
  const id = z.object({ id: z.string() }).parse(created.body).id;
  console.log(await get('/jobs/' + id), await get('/jobs?limit=1'), await send('POST', `/jobs/${id}/cancel`), await send('DELETE', `/jobs/${id}`), await get('/jobs/' + id));
  const { body } = await get('/openapi.json');
  console.log(await (await fetch(worker.url + '/metrics')).text());
  console.log(JSON.stringify({ p: Object.keys(body.paths), s: body.components.schemas.Job.properties.source, i: body.components.schemas.JobInput, dl: body.paths['/download-url/{output_key}'], pa: body.paths['/uploads/{upload_id}/parts'].get.parameters, r: body.paths['/jobs'].post.responses['201'].headers }, null, 1));
});

async function get(path: string) {
  return send('GET', path);
}

async function send(method: string, path: string, body?: unknown) {
  const response = await fetch(`${worker.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), body: text === '' ? null : JSON.parse(text) };
}
