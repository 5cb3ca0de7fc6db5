import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect';
import { type ServiceError, status } from '@grpc/grpc-js';
import { ErrorInfoSchema } from '@millrace/shared/rpc/gen/google/rpc/error_details_pb.js';
import { JobService, JobStatus } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { expect, onTestFinished, test } from 'vitest';
import { startFakeJobEdge } from '../testing/fake-job-edge.ts';
import { startGrpcDoor } from '../testing/start-grpc-door.ts';

const { getJob, createJob, watchJob } = JobService.method;
const PATIENCE = { timeout: 10_000, interval: 10 };

async function startDoor(methods: Parameters<typeof startFakeJobEdge>[0]) {
  const edge = await startFakeJobEdge(methods);
  onTestFinished(() => edge.close());
  return { edge, ...(await startGrpcDoor(edge.url)) };
}

/** A method that never answers, and what became of its call. */
function silence() {
  const calls: HandlerContext[] = [];
  const until = (context: HandlerContext) => {
    calls.push(context);
    return new Promise<never>((_, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason), { once: true });
    });
  };
  return { calls, until };
}

test('the message, the metadata the edge reads, and what it answers go through', async () => {
  let seen = new Headers();
  const { client } = await startDoor({
    createJob(request, context) {
      seen = context.requestHeader;
      context.responseHeader.set('x-request-id', 'r-1');
      context.responseHeader.set('server', 'edge');
      context.responseTrailer.set('cost', '3');
      return {
        job: { id: 'job-1', status: JobStatus.QUEUED, metadata: request.metadata ?? {}, progress: 0.5 },
      };
    },
  });
  const metadata = {
    authorization: 'Bearer key',
    traceparent: '00-a-b-01',
    'x-request-id': 'r-1',
    'idempotency-key': 'once',
    'x-project-id': 'p',
    cookie: 'not for the edge',
  };
  const answer = await client.call(createJob, { inputKey: 'k', metadata: { a: [1, null] } }, { metadata });
  expect(answer.message.job).toMatchObject({ id: 'job-1', progress: 0.5, metadata: { a: [1, null] } });
  const { cookie, ...passed } = metadata;
  for (const [name, value] of Object.entries(passed)) expect(seen.get(name)).toBe(value);
  expect(seen.get('cookie')).toBeNull();
  expect(answer.headers.get('x-request-id')).toEqual(['r-1']);
  expect(answer.headers.get('server')).toEqual([]);
  expect(answer.trailers.get('cost')).toEqual(['3']);
});

test('an error keeps its code, message, details and headers', async () => {
  const { client, registry } = await startDoor({
    getJob() {
      const details = [{ desc: ErrorInfoSchema, value: { reason: 'job_not_found', domain: 'millrace' } }];
      throw new ConnectError('There is no job é.', Code.NotFound, { 'x-request-id': 'r-2' }, details);
    },
  });
  const error: ServiceError = await client.call(getJob, { id: 'x' }).catch((reason) => reason);
  expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'There is no job é.' });
  expect(error.metadata.get('x-request-id')).toEqual(['r-2']);
  const details = String(error.metadata.get('grpc-status-details-bin')[0]);
  expect(details).toContain('type.googleapis.com/google.rpc.ErrorInfo');
  expect(details).toContain('job_not_found');
  const counted = /^grpc_requests_total\{method="\/millrace\.v1\.JobService\/GetJob",code="not_found"\} 1$/m;
  expect(await registry.metrics()).toMatch(counted);
});

test('a deadline travels, and ends the call on both sides', async () => {
  const { calls, until } = silence();
  const { client } = await startDoor({ getJob: (_, context) => until(context) });
  const error = await client.call(getJob, {}, { deadlineMs: 300 }).catch((reason) => reason);
  expect(error.code).toBe(status.DEADLINE_EXCEEDED);
  expect(Number(calls[0]?.requestHeader.get('connect-timeout-ms'))).toBeLessThanOrEqual(300);
  await expect.poll(() => calls[0]?.signal.aborted, PATIENCE).toBe(true);
});

test('a client that gives up ends the call at the edge', async () => {
  const { calls, until } = silence();
  const { client } = await startDoor({ getJob: (_, context) => until(context) });
  const giveUp = new AbortController();
  const call = client.call(getJob, {}, { signal: giveUp.signal }).catch((reason) => reason);
  await expect.poll(() => calls.length, PATIENCE).toBe(1);
  giveUp.abort();
  expect((await call).code).toBe(status.CANCELLED);
  await expect.poll(() => calls[0]?.signal.aborted, PATIENCE).toBe(true);
});

test('a stream arrives message by message, and leaving it ends it at the edge', async () => {
  const { calls, until } = silence();
  const { client, registry } = await startDoor({
    async *watchJob({ id }, context) {
      yield { job: { id, progress: 0.1 } };
      yield { job: { id, progress: 0.2 }, event: { number: 1, type: 'job.started' } };
      await until(context);
    },
  });
  const progress: unknown[] = [];
  for await (const { job, event } of client.stream(watchJob, { id: 'j' })) {
    progress.push([job?.progress, event?.type]);
    if (progress.length === 2) break;
  }
  expect(progress).toEqual([
    [0.1, undefined],
    [0.2, 'job.started'],
  ]);
  await expect.poll(() => calls[0]?.signal.aborted, PATIENCE).toBe(true);
  await expect.poll(() => registry.metrics(), PATIENCE).toMatch(/^grpc_open_calls 0$/m);
});

test('a stream that fails at the edge fails here the same', async () => {
  const { client } = await startDoor({
    async *watchJob({ id }) {
      yield { job: { id } };
      throw new ConnectError('gone', Code.NotFound);
    },
  });
  const messages = client.stream(watchJob, { id: 'j' })[Symbol.asyncIterator]();
  expect((await messages.next()).value.job.id).toBe('j');
  await expect(messages.next()).rejects.toMatchObject({ code: status.NOT_FOUND, details: 'gone' });
});

test('an edge that is away is unavailable, and its address stays unknown', async () => {
  const { client, edge } = await startDoor({});
  await edge.close();
  const error = await client.call(getJob).catch((reason) => reason);
  expect(error).toMatchObject({ code: status.UNAVAILABLE, details: 'the control plane does not answer' });
});

test('whoever stops answers what is under way, and sends streams elsewhere', async () => {
  const waiting: ((answer: object) => void)[] = [];
  const { client, stop } = await startDoor({
    getJob: () => new Promise((resolve) => void waiting.push(resolve)),
    async *watchJob(_, context) {
      yield {};
      await new Promise((resolve) => context.signal.addEventListener('abort', resolve));
    },
  });
  const messages = client.stream(watchJob)[Symbol.asyncIterator]();
  await messages.next();
  let isAnswered = false;
  const call = client.call(getJob).finally(() => (isAnswered = true));
  await expect.poll(() => waiting.length, PATIENCE).toBe(1);
  const stopped = stop();
  await expect(messages.next()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  expect(isAnswered).toBe(false);
  waiting[0]?.({ job: { id: 'late' } });
  expect((await call).message.job?.id).toBe('late');
  await stopped;
  const error = await client.call(getJob).catch((reason) => reason);
  expect(error.code).toBe(status.UNAVAILABLE);
});

test('a request that is too large is refused before it reaches the edge', async () => {
  const { client } = await startDoor({ createJob: () => ({}) });
  const error = await client
    .call(createJob, { inputKey: 'x'.repeat(5 * 1024 ** 2) })
    .catch((reason) => reason);
  expect(error.code).toBe(status.RESOURCE_EXHAUSTED);
});
