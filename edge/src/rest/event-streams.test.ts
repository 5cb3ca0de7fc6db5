import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { cancelJob } from '../jobs/cancel-job.ts';
import { noMediaCache } from '../playback/media-cache.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import { submitJob } from '../testing/job-driver.ts';
import { ORIGIN, restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { createRest } from './rest.ts';

const KEY = 'uploads/default/streams/video.mp4';

let outside: TestContext;

beforeAll(async () => {
  outside = await openTestContext();
  await outside.ctx.storage.putOnce(KEY, 'video', 'video/mp4');
});
afterAll(() => outside.close());

interface SentEvent {
  id: string | null;
  event: string | null;
  data: unknown;
}

/** Opens a stream and reads its events one by one. */
async function open(path: string, headers: Record<string, string> = {}) {
  const counters = {
    add: async () => {},
    read: async () => ({}),
    keepStored: async () => {},
    readStored: async () => null,
  };
  const response = await createRest().fetch(new Request(`${ORIGIN}${path}`, { headers }), {
    context: outside.ctx,
    mediaCache: noMediaCache,
    counters,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<SentEvent | null> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        const field = (name: string) =>
          block
            .split('\n')
            .find((line) => line.startsWith(`${name}: `))
            ?.slice(name.length + 2) ?? null;
        const data = field('data');
        if (data !== null) return { id: field('id'), event: field('event'), data: JSON.parse(data) };
        continue;
      }
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
      if (done) return null;
      text += value;
    }
  };
  return { response, next, close: () => reader?.cancel() };
}

test('a job is followed to its end, and coming again after it is told there is no more', async () => {
  const jobId = await submitJob(outside.ctx, { input_key: KEY });
  const stream = await open(`/jobs/${jobId}/events/stream`);
  expect(stream.response.headers.get('content-type')).toBe('text/event-stream');
  expect(await stream.next()).toMatchObject({
    id: '1',
    event: 'snapshot',
    data: { id: jobId, status: 'queued' },
  });
  await cancelJob(outside.ctx, { projectId: 'default', jobId, actor: 'test' });
  await refreshStatus(outside.ctx, [jobId]);
  expect(await stream.next()).toMatchObject({
    id: '2',
    event: 'job.canceled',
    data: { number: 2, type: 'job.canceled', actor: 'test', job: { id: jobId, status: 'canceled' } },
  });
  expect(await stream.next()).toBeNull();

  const resumed = await open(`/jobs/${jobId}/events/stream`, { 'last-event-id': '1' });
  expect((await resumed.next())?.event).toBe('snapshot');
  expect(await resumed.next()).toMatchObject({ id: '2', event: 'job.canceled' });
  const over = await open(`/jobs/${jobId}/events/stream`, { 'last-event-id': '2' });
  expect(over.response.status).toBe(204);
});

test('a project is followed across its jobs, and goes on where it was left', async () => {
  const stream = await open('/events/stream');
  expect(await stream.next()).toMatchObject({ event: 'snapshot' });
  const jobId = await submitJob(outside.ctx, { input_key: KEY });
  await refreshStatus(outside.ctx, [jobId]);
  const created = await stream.next();
  expect(created).toMatchObject({ event: 'job.created', data: { job_id: jobId, number: 1 } });
  await stream.close();
  await cancelJob(outside.ctx, { projectId: 'default', jobId, actor: 'test' });
  const resumed = await open('/events/stream', { 'last-event-id': created?.id ?? '' });
  const seen = z.object({ job_id: z.string(), number: z.number() });
  await resumed.next();
  for (;;) {
    const event = await resumed.next();
    if (event === null) throw new Error('what was missed did not come');
    const { job_id, number } = seen.parse(event.data);
    if (event.event === 'job.canceled' && job_id === jobId && number === 2) break;
  }
  await resumed.close();
});

test('there is nothing to follow of a job that is not there', async () => {
  const answer = await restClient(outside.ctx).get(`/jobs/${outside.ctx.random.uuid()}/events/stream`);
  expect(answer.status).toBe(404);
});
