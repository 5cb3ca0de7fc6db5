import { Code, ConnectError } from '@connectrpc/connect';
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from '@millrace/shared/rpc/gen/google/rpc/error_details_pb.js';
import {
  JobSort,
  JobStatus,
  UploadMethod,
  UploadStatus,
} from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ORIGIN, type RestClient, restClient } from '../testing/rest-client.ts';
import { RPC_PROTOCOLS, rpcClient } from '../testing/rpc-client.ts';
import { seedJob } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

const KEY = 'uploads/default/rpc.mp4';
const NOWHERE = '00000000-0000-4000-8000-000000000000';
let outside: TestContext;
let rest: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  rest = restClient(outside.ctx);
  await outside.ctx.storage.putOnce(KEY, 'video', 'video/mp4');
});
afterAll(() => outside.close());

async function failureOf(call: Promise<unknown>): Promise<ConnectError> {
  const error = await call.then(
    () => expect.fail('the call was answered'),
    (reason: unknown) => reason,
  );
  return ConnectError.from(error);
}

function reasonOf(error: ConnectError): string | undefined {
  return error.findDetails(ErrorInfoSchema)[0]?.reason;
}

describe.each(RPC_PROTOCOLS)('over %s', (protocol) => {
  test('a job lives as it does over REST', async () => {
    const client = rpcClient(rest, protocol);
    const tag = protocol;
    // Erasing a job erases what it alone has read.
    const inputKey = `uploads/default/${outside.ctx.random.uuid()}.mp4`;
    await outside.ctx.storage.putOnce(inputKey, 'video', 'video/mp4');
    const { job: created } = await client.createJob({
      inputKey,
      metadata: { order: 7, note: 'ä', deep: [{ a: null }] },
      profile: { renditions: [{ height: 360 }], packaging: ['hls'] },
      tags: [tag],
      priority: 5,
    });
    const id = created?.id ?? '';
    expect(created).toMatchObject({
      status: JobStatus.QUEUED,
      progress: 0,
      inputKey,
      metadata: { order: 7, note: 'ä', deep: [{ a: null }] },
      profile: { renditions: [{ height: 360, codec: 'h264' }], packaging: ['hls'] },
      tags: [tag],
      priority: 5,
      actor: 'local',
      tasks: { total: 1, done: 0, running: 0 },
    });
    expect(created?.startedAt).toBeUndefined();
    expect((await client.getJob({ id })).job).toEqual(created);
    expect((await client.listJobs({ tag, statuses: [JobStatus.QUEUED] })).jobs).toEqual([created]);
    expect((await client.listJobs({ tag, statuses: [JobStatus.FAILED] })).jobs).toEqual([]);

    const told: string[] = [];
    let canceled = false;
    for await (const { job, event } of client.watchJob({ id })) {
      told.push(event?.type ?? JobStatus[job?.status ?? 0] ?? '');
      if (!canceled) expect((await client.cancelJob({ id })).job?.status).toBe(JobStatus.CANCELED);
      canceled = true;
    }
    expect(told).toEqual(['QUEUED', 'job.canceled']);

    const { job: retried } = await client.retryJob({ id });
    expect(retried).toMatchObject({ id, status: JobStatus.QUEUED, retries: 1 });
    const replayed: unknown[] = [];
    await client.cancelJob({ id });
    for await (const { event } of client.watchJob({ id, after: 0 })) {
      if (event) replayed.push([event.number, event.type, event.actor]);
    }
    expect(replayed).toEqual([
      [1, 'job.created', 'local'],
      [2, 'job.canceled', 'local'],
      [3, 'job.retried', 'local'],
      [4, 'job.canceled', 'local'],
    ]);

    expect((await client.deleteJob({ id })).receiptId).not.toBe('');
    expect(reasonOf(await failureOf(client.getJob({ id })))).toBe('job_not_found');
    await outside.settled();
  });

  test('refusals have their code, their word and their fields', async () => {
    const client = rpcClient(rest, protocol);
    const missing = await failureOf(client.getJob({ id: NOWHERE }));
    expect([missing.code, reasonOf(missing)]).toEqual([Code.NotFound, 'job_not_found']);
    expect(missing.findDetails(ErrorInfoSchema)[0]?.domain).toBe('millrace');

    const invalid = await failureOf(
      client.createJob({ inputKey: KEY, profile: { renditions: [{ height: 3 }] }, priority: 101 }),
    );
    expect([invalid.code, reasonOf(invalid)]).toEqual([Code.InvalidArgument, 'invalid_request']);
    const fields = invalid.findDetails(BadRequestSchema)[0]?.fieldViolations.map(({ field }) => field);
    expect(fields?.sort()).toEqual(['priority', 'profile.renditions.0.height']);

    const unseen = await failureOf(client.watchJob({ id: NOWHERE })[Symbol.asyncIterator]().next());
    expect([unseen.code, reasonOf(unseen)]).toEqual([Code.NotFound, 'job_not_found']);
    const elsewhere = await failureOf(client.createJob({ inputKey: 'uploads/default/nothing.mp4' }));
    expect([elsewhere.code, reasonOf(elsewhere)]).toEqual([Code.FailedPrecondition, 'source_not_found']);
    const cursor = await failureOf(client.listJobs({ cursor: 'x' }));
    expect(cursor.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe('cursor');
  });
});

test('a batch has a result for each', async () => {
  const client = rpcClient(rest);
  const { results } = await client.batchCreateJobs({
    jobs: [{ inputKey: KEY }, { inputKey: 'uploads/default/nothing.mp4' }],
  });
  expect(results.map(({ result }) => result.case)).toEqual(['job', 'error']);
  expect(results[1]?.result.value).toMatchObject({ code: 'source_not_found' });
  const error = await failureOf(client.batchCreateJobs({ jobs: [{ inputKey: KEY }, {}] }));
  expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe('jobs.1.input_key');
});

test('what is not given is not changed', async () => {
  const id = await seedJob(outside.ctx, { tags: ['a'], metadata: { kept: true } });
  const client = rpcClient(rest);
  const { job } = await client.updateJob({ id, tags: { values: ['b', 'c'] }, priority: 9, legalHold: true });
  expect(job).toMatchObject({ tags: ['b', 'c'], priority: 9, legalHold: true, metadata: { kept: true } });
  expect((await client.updateJob({ id, tags: {} })).job).toMatchObject({ tags: [], priority: 9 });
  const held = await failureOf(client.deleteJob({ id }));
  expect([held.code, reasonOf(held)]).toEqual([Code.FailedPrecondition, 'legal_hold']);
  const error = await failureOf(client.updateJob({ id, priority: -1 }));
  expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe('priority');
});

test('a list goes page by page in the order that was asked for', async () => {
  const tags = ['pages'];
  const ids: string[] = [];
  for (let minute = 0; minute < 3; minute += 1) {
    const createdAt = new Date(Date.UTC(2026, 0, 1, 0, minute));
    ids.push(await seedJob(outside.ctx, { tags, createdAt, metadata: { minute } }));
  }
  const client = rpcClient(rest);
  const sort = JobSort.CREATED_AT_ASC;
  const first = await client.listJobs({ tag: 'pages', sort, limit: 2 });
  expect(first.jobs.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const second = await client.listJobs({ tag: 'pages', sort, limit: 2, cursor: first.nextCursor ?? '' });
  expect(second.jobs.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(second.nextCursor).toBeUndefined();
  const since = { seconds: BigInt(Date.UTC(2026, 0, 1, 0, 2) / 1000) };
  const late = await client.listJobs({ tag: 'pages', createdAfter: since });
  expect(late.jobs.map(({ id }) => id)).toEqual(ids.slice(2));
  const held = await client.listJobs({ tag: 'pages', metadata: { key: 'minute', value: '1' } });
  expect(held.jobs.map(({ id }) => id)).toEqual([ids[1]]);
});

test('uploads go through it in one PUT and in parts', async () => {
  const client = rpcClient(rest);
  const file = { filename: 'clip.mp4', contentType: 'video/mp4', sizeBytes: 20n * 1024n ** 2n };
  const single = await client.createUpload({ ...file, method: UploadMethod.SINGLE });
  expect(single.destination).toMatchObject({ case: 'put', value: { url: expect.stringMatching(/^http/) } });
  const parts = await client.createUpload(file);
  expect(parts.destination).toMatchObject({
    case: 'parts',
    value: { partCount: 3, partSizeBytes: 8n * 1024n ** 2n },
  });

  const { uploadId } = parts;
  expect((await client.signUploadParts({ uploadId, from: 3 })).parts).toMatchObject([{ partNumber: 3 }]);
  await client.confirmUploadParts({ uploadId, parts: [{ partNumber: 2, etag: '"e"' }] });
  expect(await client.getUpload({ uploadId })).toMatchObject({
    upload: {
      id: uploadId,
      status: UploadStatus.PENDING,
      method: UploadMethod.MULTIPART,
      sizeBytes: file.sizeBytes,
    },
    confirmedParts: [2],
  });
  const incomplete = await failureOf(client.completeUpload({ uploadId }));
  expect([incomplete.code, reasonOf(incomplete)]).toEqual([Code.FailedPrecondition, 'upload_incomplete']);
  await client.abortUpload({ uploadId });
  expect((await client.getUpload({ uploadId })).upload?.status).toBe(UploadStatus.ABORTED);
  const invalid = await failureOf(client.createUpload({ ...file, sizeBytes: 0n }));
  expect(invalid.findDetails(BadRequestSchema)[0]?.fieldViolations[0]?.field).toBe('size_bytes');
});

test.each(RPC_PROTOCOLS)('over %s the same call with the same key gets the same answer', async (protocol) => {
  const key = outside.ctx.random.uuid();
  const client = rpcClient(rest, protocol, { 'idempotency-key': key });
  let replayed: string | null = null;
  const onHeader = (headers: Headers) => {
    replayed = headers.get('idempotency-replayed');
  };
  const first = await client.createJob({ inputKey: KEY, metadata: { key } }, { onHeader });
  expect(replayed).toBeNull();
  expect(await client.createJob({ inputKey: KEY, metadata: { key } }, { onHeader })).toEqual(first);
  expect(replayed).toBe('true');
  expect((await client.listJobs({ metadata: { key: 'key', value: key } })).jobs).toHaveLength(1);
  const other = await failureOf(client.createJob({ inputKey: KEY, priority: 1 }));
  expect(reasonOf(other)).toBe('idempotency_key_reused');
  const refused = rpcClient(rest, protocol, { 'idempotency-key': `${key}-2` });
  const nothing = 'uploads/default/nothing.mp4';
  expect(reasonOf(await failureOf(refused.createJob({ inputKey: nothing })))).toBe('source_not_found');
  expect(reasonOf(await failureOf(refused.createJob({ inputKey: nothing })))).toBe('source_not_found');
});

test('trace, request id and counts are as over REST; the metrics are the project’s', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const client = rpcClient(rest, 'Connect', { traceparent, 'x-request-id': 'r-1' });
  let headers = new Headers();
  await client.createJob({ inputKey: KEY }, { onHeader: (given) => (headers = given) });
  expect(headers.get('traceparent')).toBe(traceparent);
  expect(headers.get('x-request-id')).toBe('r-1');
  expect(headers.get('cache-control')).toBe('no-store');
  await outside.settled();
  expect(outside.nudges.at(-1)).toMatchObject({ traceparent });
  expect(rest.counted.join('\n')).toContain('/millrace.v1.JobService/CreateJob');
  const counts = await client.getSystemMetrics({});
  expect(Number(counts.totalJobs)).toBeGreaterThan(0);
});

test('a page of another origin may call it', async () => {
  const response = await rest.fetch(
    new Request(`${ORIGIN}/millrace.v1.JobService/GetJob`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.test',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,connect-protocol-version,x-grpc-web',
      },
    }),
  );
  expect(response.status).toBe(204);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('access-control-allow-headers')).toContain('x-grpc-web');
});

test('what is too large, or no message, is refused', async () => {
  const send = (body: string) =>
    rest.fetch(
      new Request(`${ORIGIN}/millrace.v1.JobService/GetJob`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      }),
    );
  expect((await send(JSON.stringify({ id: 'x'.repeat(5 * 1024 ** 2) }))).status).toBe(429);
  expect((await send('{"id":')).status).toBe(400);
  expect((await send('{"id":7}')).status).toBe(400);
});

test('a caller that is too fast is told when to come again', async () => {
  const standing = { isAllowed: false, limit: 1, windowSeconds: 60, remaining: 0, resetSeconds: 7 };
  const slow = restClient({ ...outside.ctx, rateLimiter: { take: async () => standing } });
  const error = await failureOf(rpcClient(slow).getJob({ id: NOWHERE }));
  expect([error.code, reasonOf(error)]).toEqual([Code.ResourceExhausted, 'rate_limited']);
  expect(error.findDetails(RetryInfoSchema)[0]?.retryDelay?.seconds).toBe(7n);
  expect(error.metadata.get('ratelimit')).toBe('"requests";r=0;t=7');
});

test('a watcher that leaves is forgotten, though nothing happens', async () => {
  const id = await seedJob(outside.ctx);
  const left: AbortSignal[] = [];
  const { changes } = outside.ctx;
  const watched = restClient({
    ...outside.ctx,
    changes: {
      ...changes,
      listen: (what, signal, on) => {
        left.push(signal);
        return changes.listen(what, signal, on);
      },
    },
  });
  const leave = new AbortController();
  const messages = rpcClient(watched).watchJob({ id }, { signal: leave.signal })[Symbol.asyncIterator]();
  expect((await messages.next()).value?.job?.id).toBe(id);
  const next = messages.next();
  leave.abort();
  await next.catch(() => {});
  await expect.poll(() => left[0]?.aborted).toBe(true);
});
