import { stat } from 'node:fs/promises';
import path from 'node:path';
import { JobService, JobStatus, UploadMethod } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { createGrpcClient } from '../worker-node/src/testing/grpc-client.ts';
import { ask, eventsOf, put, type Receiver, serveFile, startReceiver } from './journeys.ts';
import { makeClip, testPicture } from './media.ts';
import { startTestStack, type TestStack } from './test-stack.ts';

/*
 * The same journey through each door: upload, confirm, create, follow to the end, look at what came of it. A film of four
 * seconds is enough: what happens to it between the doors is tested elsewhere.
 */

const PROFILE = { renditions: [{ height: 240 }], packaging: ['hls', 'mp4'] };
const id = z.looseObject({ id: z.string() });

let t: TestStack;
let film: string;
let sizeBytes: number;
let receiver: Receiver;

beforeAll(async () => {
  t = await startTestStack({ workers: 2 });
  receiver = await startReceiver();
  film = await makeClip(path.join(t.folder, 'film.mp4'), testPicture({ seconds: 4, size: '320x240' }));
  sizeBytes = (await stat(film)).size;
});
afterAll(async () => {
  await receiver?.stop();
  await t?.stop();
});

test('REST: upload, job, live events, playback, webhooks, erasure', async () => {
  const { apiUrl } = t.stack;
  const hook = await ask(z.object({ id: z.string(), secret: z.string() }), `${apiUrl}/webhooks`, {
    body: { url: receiver.url },
  });
  const query = `filename=film.mp4&content_type=video/mp4&size_bytes=${sizeBytes}`;
  const upload = await ask(
    z.object({
      upload_id: z.string(),
      input_key: z.string(),
      upload_url: z.string(),
      headers: z.record(z.string(), z.string()),
    }),
    `${apiUrl}/upload-url?${query}`,
  );
  await put(upload.upload_url, upload.headers, film);
  await expect(put(upload.upload_url, upload.headers, film)).rejects.toThrow('412');
  await ask(
    z.looseObject({ status: z.literal('completed') }),
    `${apiUrl}/uploads/${upload.upload_id}/complete`,
    {
      body: {},
    },
  );

  const create = {
    body: { input_key: upload.input_key, profile: PROFILE, metadata: { door: 'rest' } },
    headers: { 'idempotency-key': 'journey-1' },
  };
  const job = await ask(id, `${apiUrl}/jobs`, create);
  expect((await ask(id, `${apiUrl}/jobs`, create)).id).toBe(job.id);

  const seen: string[] = [];
  for await (const { event } of eventsOf(await fetch(`${apiUrl}/jobs/${job.id}/events/stream`))) {
    if (event !== 'progress') seen.push(event);
  }
  expect(seen[0]).toBe('snapshot');
  expect(seen.at(-1)).toBe('job.completed');
  expect(seen).toContain('rendition.completed');

  const links = await ask(
    z.looseObject({ hls_url: z.string(), poster_url: z.string() }),
    `${apiUrl}/jobs/${job.id}/playback?lifetime_seconds=7200`,
  );
  expect(await (await fetch(links.hls_url)).text()).toContain('#EXTM3U');
  const { events } = await ask(
    z.object({ events: z.array(z.object({ number: z.number(), type: z.string(), at: z.string() })) }),
    `${apiUrl}/jobs/${job.id}/events`,
  );
  expect(events.map(({ number }) => number)).toEqual(events.map((_, index) => index + 1));

  await vi.waitFor(() => expect(types(receiver)).toContain('job.completed'), {
    timeout: 30_000,
    interval: 200,
  });
  const wanted = ['upload.completed', ...events.map(({ type }) => type)];
  await vi.waitFor(() => expect(types(receiver).sort()).toEqual(wanted.sort()), {
    timeout: 30_000,
    interval: 200,
  });
  for (const { headers, body } of receiver.received) new Webhook(hook.secret).verify(body, headers);

  const { tasks } = await ask(
    z.object({ tasks: z.array(z.looseObject({ kind: z.string(), state: z.string(), attempt: z.number() })) }),
    `${apiUrl}/jobs/${job.id}/tasks`,
  );
  expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(['done']));

  const erasure = await ask(id, `${apiUrl}/jobs/${job.id}`, { method: 'DELETE' });
  expect((await fetch(`${apiUrl}/jobs/${job.id}`)).status).toBe(404);
  await vi.waitFor(
    async () =>
      expect(
        await ask(z.looseObject({ status: z.string() }), `${apiUrl}/erasures/${erasure.id}`),
      ).toMatchObject({
        status: 'emptied',
      }),
    { timeout: 60_000, interval: 500 },
  );
  expect(await t.rows('select 1 from webhook_deliveries where job_id = $1', [job.id])).toEqual([]);
  await vi.waitFor(async () => expect((await fetch(links.hls_url)).status).not.toBe(200), {
    timeout: 10_000,
  });
});

test('GraphQL, at the address of its own: mutations, a subscription, the queries of old', async () => {
  const query = async <T>(schema: z.ZodType<T>, text: string, variables: unknown = {}): Promise<T> => {
    const answer = await ask(
      z.looseObject({ data: z.unknown().optional(), errors: z.unknown().optional() }),
      `${t.stack.graphqlUrl}/query`,
      { body: { query: text, variables } },
    );
    expect(answer.errors).toBeUndefined();
    return schema.parse(answer.data);
  };
  const { createUpload } = await query(
    z.object({
      createUpload: z.object({
        uploadId: z.string(),
        inputKey: z.string(),
        uploadUrl: z.string(),
        headers: z.record(z.string(), z.string()),
      }),
    }),
    'mutation ($input: UploadInput!) { createUpload(input: $input) { uploadId inputKey uploadUrl headers } }',
    { input: { filename: 'film.mp4', contentType: 'video/mp4', sizeBytes } },
  );
  await put(createUpload.uploadUrl, createUpload.headers, film);
  await query(z.unknown(), 'mutation ($id: ID!) { completeUpload(id: $id) { status } }', {
    id: createUpload.uploadId,
  });
  const { createJob } = await query(
    z.object({ createJob: id }),
    'mutation ($input: JobInput!) { createJob(input: $input) { id } }',
    { input: { inputKey: createUpload.inputKey, profile: PROFILE } },
  );

  const stream = await fetch(`${t.stack.graphqlUrl}/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({
      query: 'subscription ($id: ID!) { jobUpdated(id: $id) { status progress } }',
      variables: { id: createJob.id },
    }),
  });
  const update = z.object({ data: z.object({ jobUpdated: z.object({ status: z.string() }) }) });
  let last = '';
  for await (const { event, data } of eventsOf(stream)) {
    if (event === 'next') last = update.parse(data).data.jobUpdated.status;
  }
  expect(last).toBe('completed');

  const old = await query(
    z.object({ jobs: z.array(z.looseObject({ id: z.string(), status: z.string() })) }),
    '{ jobs(limit: 10) { id status inputKey createdAt renditions { resolution outputKey } } }',
  );
  expect(old.jobs.find((job) => job.id === createJob.id)).toMatchObject({
    status: 'completed',
    inputKey: createUpload.inputKey,
    renditions: [{ resolution: '240p', outputKey: expect.stringContaining('240p.mp4') }],
  });
  const { systemMetrics } = await query(
    z.object({ systemMetrics: z.looseObject({ completedJobs: z.number() }) }),
    '{ systemMetrics { queueDepth totalJobs completedJobs failedJobs processingJobs } }',
  );
  expect(systemMetrics.completedJobs).toBeGreaterThan(0);
  const { job } = await query(
    z.object({ job: z.looseObject({ status: z.string() }) }),
    `{ job(id: "${createJob.id}") { id status errorMessage renditions { resolution outputKey } } }`,
  );
  expect(job).toMatchObject({ status: 'completed', errorMessage: null });
  for (const [where, what] of [
    ['/', 'html'],
    ['/health', 'json'],
    ['/metrics', 'text/plain'],
  ]) {
    const answer = await fetch(`${t.stack.graphqlUrl}${where}`, { headers: { accept: 'text/html,*/*' } });
    expect([where, answer.status, answer.headers.get('content-type')]).toEqual([
      where,
      200,
      expect.stringContaining(what ?? ''),
    ]);
  }
});

test('gRPC, with an independent client: upload, job, watch, list, metrics, cancel and retry', async () => {
  const client = createGrpcClient(t.stack.grpcAddress);
  const { createUpload, completeUpload, createJob, watchJob, getJob, listJobs, getSystemMetrics } =
    JobService.method;
  try {
    const upload = (
      await client.call(createUpload, {
        filename: 'film.mp4',
        contentType: 'video/mp4',
        sizeBytes: BigInt(sizeBytes),
        method: UploadMethod.SINGLE,
      })
    ).message;
    if (upload.destination.case !== 'put') throw new Error('no PUT');
    await put(upload.destination.value.url, upload.destination.value.headers, film);
    await client.call(completeUpload, { uploadId: upload.uploadId });
    const input = { inputKey: upload.inputKey, profile: PROFILE };
    const jobId = (await client.call(createJob, input)).message.job?.id ?? '';
    const types: string[] = [];
    for await (const { event } of client.stream(watchJob, { id: jobId }, { deadlineMs: 120_000 })) {
      if (event) types.push(event.type);
    }
    expect(types.at(-1)).toBe('job.completed');
    const { job } = (await client.call(getJob, { id: jobId })).message;
    expect([job?.status, job?.renditions[0]?.resolution]).toEqual([JobStatus.COMPLETED, '240p']);
    const listed = (await client.call(listJobs, { statuses: [JobStatus.COMPLETED] })).message.jobs;
    expect(listed.map((found) => found.id)).toContain(jobId);
    expect((await client.call(getSystemMetrics)).message.completedJobs).toBeGreaterThan(0n);

    const notBefore = { seconds: BigInt(Math.floor(Date.now() / 1000) + 3_600), nanos: 0 };
    const waiting = (await client.call(createJob, { ...input, notBefore })).message.job?.id ?? '';
    const canceled = (await client.call(JobService.method.cancelJob, { id: waiting })).message.job;
    expect(canceled?.status).toBe(JobStatus.CANCELED);
    const retried = (await client.call(JobService.method.retryJob, { id: waiting })).message.job;
    expect([retried?.status, retried?.retries]).toEqual([JobStatus.QUEUED, 1]);
    expect((await client.call(JobService.method.cancelJob, { id: waiting })).message.job?.status).toBe(
      JobStatus.CANCELED,
    );
  } finally {
    client.close();
  }
});

test('a source at a URL is fetched by the fleet, and becomes a job like any other', async () => {
  const { apiUrl } = t.stack;
  const server = await serveFile(film);
  try {
    const created = await ask(id, `${apiUrl}/jobs`, { body: { input_url: server.url, profile: PROFILE } });
    for await (const { event } of eventsOf(await fetch(`${apiUrl}/jobs/${created.id}/events/stream`))) {
      if (event === 'job.failed') break;
    }
    const job = await ask(
      z.looseObject({ status: z.string(), input_key: z.string().nullable(), error: z.unknown() }),
      `${apiUrl}/jobs/${created.id}`,
    );
    expect(job).toMatchObject({
      status: 'completed',
      error: null,
      input_key: expect.stringContaining('objects/'),
    });
  } finally {
    await server.stop();
  }
});

test('the documentation is served from this machine alone', async () => {
  for (const page of ['/docs', '/swagger/index.html', '/graphql']) {
    const answer = await fetch(`${t.stack.apiUrl}${page}`, { headers: { accept: 'text/html' } });
    const html = await answer.text();
    expect([page, answer.status]).toEqual([page, 200]);
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const [, asset] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect([asset, (await fetch(`${t.stack.apiUrl}${asset}`)).status]).toEqual([asset, 200]);
    }
  }
});

/** What was told, each once: a delivery whose answer came late is made again, under the same id. */
function types({ received }: Receiver): string[] {
  const told = new Map(received.map(({ headers, body }) => [headers['webhook-id'], body]));
  return [...told.values()].map((body) => z.object({ type: z.string() }).parse(JSON.parse(body)).type);
}
