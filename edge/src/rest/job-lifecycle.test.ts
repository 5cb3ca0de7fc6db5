import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { failTask } from '../tasks/fail-task.ts';
import { claimStarted, completeClaimed, fenceOf, plannedJob, taskStates } from '../testing/job-driver.ts';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

const job = z.looseObject({
  id: z.string(),
  status: z.string(),
  priority: z.number(),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  public: z.boolean(),
  legal_hold: z.boolean(),
  not_before: z.string().nullable(),
  actor: z.string(),
  retries: z.number(),
  error: z.unknown(),
});
const events = z.object({
  events: z.array(
    z.object({
      number: z.number(),
      type: z.string(),
      actor: z.string(),
      data: z.record(z.string(), z.unknown()),
    }),
  ),
  has_more: z.boolean(),
});
const KEY = 'uploads/default/lifecycle/video.mp4';

let outside: TestContext;
let client: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
  await outside.ctx.storage.putOnce(KEY, 'video', 'video/mp4');
});
afterAll(() => outside.close());

async function eventTypes(id: string): Promise<string[]> {
  return (await client.get(`/jobs/${id}/events`)).as(events).events.map((event) => event.type);
}

describe('creating', () => {
  test('a job is answered as it is stored', async () => {
    const answer = await client.send('POST', '/jobs', {
      input_key: KEY,
      tags: ['a', 'b'],
      priority: 70,
      public: true,
      not_before: '2036-01-01T00:00:00+01:00',
      metadata: { n: 1 },
    });
    expect(answer.status).toBe(201);
    const created = answer.as(job);
    expect(created).toMatchObject({
      tags: ['a', 'b'],
      priority: 70,
      public: true,
      not_before: '2035-12-31T23:00:00.000Z',
      actor: 'local',
    });
    const read = (await client.get(`/jobs/${created.id}`)).as(job);
    expect(read).toEqual(created);
  });

  test('nothing starts before its time', async () => {
    const later = (
      await client.send('POST', '/jobs', { input_key: KEY, not_before: '2036-01-01T00:00:00Z' })
    ).as(job);
    const now = (await client.send('POST', '/jobs', { input_key: KEY })).as(job);
    await outside.settled();
    const claimed = (await claimStarted(outside.ctx, 8)).map((task) => task.job_id);
    expect(claimed).toContain(now.id);
    expect(claimed).not.toContain(later.id);
  });

  test('of jobs that wait, the one of the highest priority goes first', async () => {
    await outside.settled();
    await outside.ctx.db.execute('truncate jobs cascade');
    const low = (await client.send('POST', '/jobs', { input_key: KEY })).as(job);
    const high = (await client.send('POST', '/jobs', { input_key: KEY, priority: 9 })).as(job);
    expect((await claimStarted(outside.ctx, 1)).map((task) => task.job_id)).toEqual([high.id]);
    expect((await claimStarted(outside.ctx, 1)).map((task) => task.job_id)).toEqual([low.id]);
  });

  test('a batch says of each job what became of it', async () => {
    const answer = await client.send('POST', '/jobs/batch', {
      jobs: [
        { input_key: KEY, tags: ['first'] },
        { input_key: 'uploads/default/nothing/here.mp4' },
        { input_url: 'https://media.example/clip.mp4' },
        { input_key: 'uploads/stranger/x/video.mp4' },
      ],
    });
    expect(answer.status).toBe(200);
    const { results } = answer.as(
      z.object({ results: z.array(z.object({ job: job.nullable(), error: problemShape.nullable() })) }),
    );
    expect(results.map(({ job, error }) => job?.status ?? error?.code)).toEqual([
      'queued',
      'source_not_found',
      'queued',
      'source_not_found',
    ]);
    expect(results[0]?.job?.tags).toEqual(['first']);
    expect(results[2]?.job).toMatchObject({ input_url: 'https://media.example/clip.mp4', input_key: null });
  });

  test.each([
    ['neither source', {}],
    ['two sources', { input_key: KEY, input_url: 'https://media.example/clip.mp4' }],
    ['an address that is none', { input_url: 'file:///etc/passwd' }],
    ['a priority that is too high', { input_key: KEY, priority: 101 }],
    ['the same tag twice', { input_key: KEY, tags: ['a', 'a'] }],
  ])('%s is refused', async (_, body) => {
    const answer = await client.send('POST', '/jobs', body);
    expect([answer.status, answer.as(problemShape).code]).toEqual([400, 'invalid_request']);
  });
});

describe('changing', () => {
  test('what is left out stays', async () => {
    const { id } = (
      await client.send('POST', '/jobs', { input_key: KEY, tags: ['a'], metadata: { n: 1 } })
    ).as(job);
    const changed = await client.send('PATCH', `/jobs/${id}`, { priority: 5, legal_hold: true });
    expect(changed.as(job)).toMatchObject({ priority: 5, legal_hold: true, tags: ['a'], metadata: { n: 1 } });
    expect((await client.send('PATCH', `/jobs/${id}`, { tags: [] })).as(job).tags).toEqual([]);
    expect((await client.get(`/jobs/${id}`)).as(job)).toMatchObject({ priority: 5, tags: [] });
  });
});

describe('taking up again', () => {
  test('a failed job keeps what it finished, and goes on to its end', async () => {
    await outside.settled();
    await outside.ctx.db.execute('truncate jobs cascade');
    const id = await plannedJob(outside.ctx);
    const [first, second] = await claimStarted(outside.ctx, 2);
    if (!first || !second) throw new Error('two tasks were to be claimed');
    await completeClaimed(outside.ctx, first);
    await failTask(outside.ctx, {
      ...fenceOf(second),
      code: 'decode_failed',
      message: 'why',
      logTail: 'the end',
    });
    await outside.settled();
    expect((await client.get(`/jobs/${id}`)).as(job)).toMatchObject({
      status: 'failed',
      error: { code: 'decode_failed', message: 'why' },
    });
    const retried = (await client.send('POST', `/jobs/${id}/retry`)).as(job);
    expect(retried).toMatchObject({ status: 'queued', retries: 1, error: null });
    const states = Object.values(await taskStates(outside.ctx, id)).flat();
    expect(states.filter((state) => state === 'done')).toHaveLength(2);
    expect(states).not.toContain('failed');
    expect(states).not.toContain('canceled');
    expect(await eventTypes(id)).toEqual(['job.created', 'job.started', 'job.failed', 'job.retried']);
  });

  test('what has not ended, or ended well, is not retried', async () => {
    const { id } = (await client.send('POST', '/jobs', { input_key: KEY })).as(job);
    const answer = await client.send('POST', `/jobs/${id}/retry`);
    expect([answer.status, answer.as(problemShape).code]).toEqual([409, 'job_not_retryable']);
  });
});

describe('looking back', () => {
  test('events are numbered without gaps, name their actor, and come in pages', async () => {
    const { id } = (await client.send('POST', '/jobs', { input_key: KEY })).as(job);
    await client.send('POST', `/jobs/${id}/cancel`);
    await client.send('POST', `/jobs/${id}/retry`);
    const all = (await client.get(`/jobs/${id}/events`)).as(events);
    expect(all.events.map(({ number, type, actor }) => [number, type, actor])).toEqual([
      [1, 'job.created', 'local'],
      [2, 'job.canceled', 'local'],
      [3, 'job.retried', 'local'],
    ]);
    const middle = (await client.get(`/jobs/${id}/events?after=1&limit=1`)).as(events);
    expect(middle).toMatchObject({ events: [{ number: 2 }], has_more: true });
  });

  test('tasks show their attempts, and the end of the log', async () => {
    await outside.settled();
    await outside.ctx.db.execute('truncate jobs cascade');
    const id = await plannedJob(outside.ctx);
    const [task] = await claimStarted(outside.ctx, 1);
    if (!task) throw new Error('no task');
    await failTask(outside.ctx, {
      ...fenceOf(task),
      code: 'encoder_failed',
      message: 'oops',
      logTail: 'frame= 12',
    });
    const { tasks } = (await client.get(`/jobs/${id}/tasks`)).as(
      z.object({ tasks: z.array(z.looseObject({ id: z.string(), state: z.string() })) }),
    );
    expect(tasks.find((shown) => shown.id === task.id)).toMatchObject({
      state: 'ready',
      attempt: 1,
      worker_id: 'worker',
      machine_id: 'machine',
      error: { code: 'encoder_failed', message: 'oops' },
      attempts: [{ attempt: 1, outcome: 'failed', code: 'encoder_failed', worker_id: 'worker' }],
      has_log: true,
    });
    const log = await client.get(`/jobs/${id}/tasks/${task.id}/log`);
    expect([log.headers.get('content-type'), log.text]).toEqual(['text/plain; charset=UTF-8', 'frame= 12']);
    expect((await client.get(`/jobs/${id}/tasks/${id}/log`)).status).toBe(404);
  });
});

describe('reading again', () => {
  test('what has not changed is not sent again', async () => {
    const { id } = (await client.send('POST', '/jobs', { input_key: KEY })).as(job);
    const first = await client.get(`/jobs/${id}`);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).not.toBe('');
    const again = await client.get(`/jobs/${id}`, { 'if-none-match': tag });
    expect([again.status, again.text]).toEqual([304, '']);
    await client.send('PATCH', `/jobs/${id}`, { priority: 3 });
    expect((await client.get(`/jobs/${id}`, { 'if-none-match': tag })).status).toBe(200);
  });
});

test("the names of a request go with its job: to the queue, to the worker's log, and back", async () => {
  await outside.settled();
  await outside.ctx.db.execute('truncate jobs cascade');
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const answer = await client.send(
    'POST',
    '/jobs',
    { input_key: KEY },
    { traceparent, 'x-request-id': 'mine-1' },
  );
  expect([answer.headers.get('traceparent'), answer.headers.get('x-request-id')]).toEqual([
    traceparent,
    'mine-1',
  ]);
  await outside.settled();
  expect(outside.nudges.at(-1)).toMatchObject({ traceparent, requestId: 'mine-1' });
  const [task] = await claimStarted(outside.ctx, 1);
  expect(task).toMatchObject({ traceparent, request_id: 'mine-1' });
});
