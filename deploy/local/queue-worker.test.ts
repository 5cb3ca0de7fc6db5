import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ACCOUNT_ID, DEAD_LETTER_QUEUE_ID, QUEUE_ID } from './queue/queues.ts';
import { stateDirAt } from './stack/state-dir.ts';
import { wranglerEnvironment, wranglerProgram } from './stack/wrangler.ts';
import { waitUntil } from './wait-until.ts';

// The Worker as wrangler bundles it, with a clock we move and a producer that has the real binding.
const token = 'local-token';
let dir: string;
let runtime: Miniflare;
let url: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'millrace-queue-worker-'));
  await bundle();
  await startRuntime();
});
afterAll(async () => {
  await runtime.dispose();
  await rm(dir, { recursive: true });
});
beforeEach(async () => {
  await call('purge', { delete_messages_permanently: true });
  await call('purge', { delete_messages_permanently: true }, DEAD_LETTER_QUEUE_ID);
});

test('what a producer sends can be pulled: json and bytes in base64, text as it is', async () => {
  const producer = await runtime.getQueueProducer('NUDGES', 'producer');
  const before = Date.now();
  await producer.send({ task: 'tåsk' });
  await producer.send('plain tëxt', { contentType: 'text' });
  await producer.send(new Uint8Array([0, 255]), { contentType: 'bytes' });
  expect(await waitUntil(async () => (await metrics()).backlog_count === 3, 5_000)).toBe(true);

  const { result } = await call('messages/pull', { batch_size: 10 });

  const bodies = result.messages.map((message) => [message.metadata['CF-Content-Type'], message.body]);
  expect(Object.fromEntries(bodies)).toEqual({
    json: Buffer.from('{"task":"tåsk"}').toString('base64'),
    text: 'plain tëxt',
    bytes: 'AP8=',
  });
  for (const { id, attempts, timestamp_ms } of result.messages) {
    expect({ id, attempts }).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), attempts: 1 });
    expect(timestamp_ms).toBeGreaterThanOrEqual(before);
  }
  expect(new Set(result.messages.map((message) => message.lease_id)).size).toBe(3);
  expect(result.message_backlog_count).toBe(3);
  expect(result.metadata.metrics).toMatchObject({ backlog_count: 3 });
});

test('an acknowledged message is gone, also from the metrics', async () => {
  await send('a', 'bb');
  const { lease_id } = await pullOne({ batch_size: 1 });
  expect(await metrics()).toMatchObject({ backlog_count: 2, backlog_bytes: 3 });

  expect(await ack(lease_id)).toEqual({ ackCount: 1, retryCount: 0, warnings: {} });

  expect(await metrics()).toMatchObject({ backlog_count: 1, backlog_bytes: 2 });
  expect(await ack(lease_id)).toEqual({
    ackCount: 0,
    retryCount: 0,
    warnings: { [lease_id]: 'no message has this lease' },
  });
  await call('purge', { delete_messages_permanently: true });
  expect(await metrics()).toEqual({ backlog_count: 0, backlog_bytes: 0, oldest_message_timestamp_ms: 0 });
});

test('a pulled message is hidden until its visibility timeout, then comes again under a new lease', async () => {
  await send('a');
  const first = await pullOne({ visibility_timeout_ms: 600_000 });
  await advance(590_000);
  expect(await pull()).toEqual([]);
  await advance(10_000);

  const second = await pullOne();

  expect(second).toMatchObject({ id: first.id, attempts: 2, timestamp_ms: first.timestamp_ms });
  expect(second.lease_id).not.toBe(first.lease_id);
});

test('the visibility timeout is 30 s and a batch is 5 when the caller does not say', async () => {
  await send('1', '2', '3', '4', '5', '6');
  expect(await pull()).toHaveLength(5);
  expect(await pull()).toHaveLength(1);
  await advance(20_000);
  expect(await pull({ batch_size: 100 })).toEqual([]);
  await advance(10_000);
  expect(await pull({ batch_size: 100 })).toHaveLength(6);
});

test('a late ack is accepted, even after somebody else has the message', async () => {
  await send('a');
  const mine = await pullOne({ visibility_timeout_ms: 1_000 });
  await advance(1_000);
  const theirs = await pullOne();

  expect(await ack(mine.lease_id)).toMatchObject({ ackCount: 1 });

  expect(await metrics()).toMatchObject({ backlog_count: 0 });
  expect(await ack(theirs.lease_id)).toMatchObject({ ackCount: 0 });
});

test('a retry makes a message visible at once, or after its delay', async () => {
  await send('a');
  const first = await pullOne();
  expect(await retry(first.lease_id)).toMatchObject({ ackCount: 0, retryCount: 1 });
  const second = await pullOne();
  expect(second).toMatchObject({ id: first.id, attempts: 2 });

  await retry(second.lease_id, 600);
  await advance(590_000);
  expect(await pull()).toEqual([]);
  await advance(10_000);
  expect(await pull()).toMatchObject([{ id: first.id, attempts: 3 }]);
});

test('after three retries a message is in the dead-letter queue, and can be pulled there', async () => {
  await send('poison');
  for (const attempts of [1, 2, 3]) {
    const message = await pullOne();
    expect(message.attempts).toBe(attempts);
    await retry(message.lease_id);
  }
  expect(await pullOne({ visibility_timeout_ms: 600_000 })).toMatchObject({ attempts: 4 });
  expect(await metrics(DEAD_LETTER_QUEUE_ID)).toMatchObject({ backlog_count: 0 });
  await advance(600_000);

  const dead = await pullOne({}, DEAD_LETTER_QUEUE_ID);

  expect(dead).toMatchObject({ body: 'poison', attempts: 1 });
  expect(await pull()).toEqual([]);
  expect(await ack(dead.lease_id, DEAD_LETTER_QUEUE_ID)).toMatchObject({ ackCount: 1 });
  expect(await metrics(DEAD_LETTER_QUEUE_ID)).toMatchObject({ backlog_count: 0 });
});

test('a retry too many goes to the dead-letter queue at once, whatever delay it asks for', async () => {
  await send('poison');
  for (const delaySeconds of [0, 0, 0, 600]) await retry((await pullOne()).lease_id, delaySeconds);
  expect(await pullOne({}, DEAD_LETTER_QUEUE_ID)).toMatchObject({ body: 'poison' });
});

test('messages can be sent over HTTP, one or many, at once or later', async () => {
  const one = await call('messages', { body: { hello: 'world' }, delay_seconds: 300 });
  expect(one).toMatchObject({ success: true, result: { metadata: { metrics: { backlog_count: 1 } } } });
  await call('messages/batch', {
    messages: [{ body: 'now', content_type: 'text', delay_seconds: 0 }, { body: [1] }],
    delay_seconds: 600,
  });
  const longMs = 3_600_000;
  expect(await pull({ visibility_timeout_ms: longMs })).toMatchObject([{ body: 'now' }]);
  await advance(300_000);
  expect(await pull({ visibility_timeout_ms: longMs })).toMatchObject([
    { body: base64('{"hello":"world"}') },
  ]);
  await advance(300_000);
  expect(await pull({ visibility_timeout_ms: longMs })).toMatchObject([{ body: base64('[1]') }]);
});

test('a peek leases nothing, and what it shows can be purged', async () => {
  await send('a', 'b');
  const { result } = await call('messages/peek', { batch_size: 1 });
  expect(result.messages).toMatchObject([{ body: 'a', attempts: 0 }]);

  const refs = [...result.messages, { ref: 'unknown' }].map(({ ref }) => ({ ref }));
  expect((await call('messages/purge', { refs })).result).toEqual({
    errors: [],
    warnings: { unknown: 'no message has this reference' },
  });
  expect(await pull()).toMatchObject([{ body: 'b', attempts: 1 }]);
});

test('what is in the queue survives a restart, leases included', async () => {
  await send('pulled', 'kept');
  const { lease_id } = await pullOne({ batch_size: 1, visibility_timeout_ms: 600_000 });
  await runtime.dispose();
  await startRuntime();

  expect(await pull()).toMatchObject([{ body: 'kept' }]);
  expect(await ack(lease_id)).toMatchObject({ ackCount: 1 });
  expect(await metrics()).toMatchObject({ backlog_count: 1 });
});

const metricsOf = (queueId: string) => `/client/v4/accounts/${ACCOUNT_ID}/queues/${queueId}/metrics`;
const bearer = { authorization: `Bearer ${token}` };
test.for<[string, string, RequestInit, number, number]>([
  ['no token', metricsOf(QUEUE_ID), {}, 401, 10000],
  ['another token', metricsOf(QUEUE_ID), { headers: { authorization: 'Bearer x' } }, 403, 10000],
  ['another account', `/client/v4/accounts/a1/queues/${QUEUE_ID}/metrics`, { headers: bearer }, 403, 10000],
  ['an unknown queue', metricsOf('f'.repeat(32)), { headers: bearer }, 404, 10104],
  ["a queue's name in place of its id", metricsOf('millrace-nudges'), { headers: bearer }, 400, 10107],
  ['another method', metricsOf(QUEUE_ID), { headers: bearer, method: 'POST' }, 405, 7001],
  ['another action', `${metricsOf(QUEUE_ID)}/x`, { headers: bearer }, 404, 7000],
  ['another path', '/client/v4/zones', { headers: bearer }, 404, 7000],
])('%s is refused as Cloudflare does', async ([, where, init, status, code]) => {
  const response = await fetch(url + where, init);
  expect(response.status).toBe(status);
  expect(await response.json()).toEqual({
    success: false,
    errors: [{ code, message: expect.any(String) }],
    messages: [],
    result: null,
  });
});

test.for<[string, string, unknown, number]>([
  ['no JSON', 'messages/pull', 'undefined', 10208],
  ['a batch above 100', 'messages/pull', { batch_size: 101 }, 10207],
  ['a visibility timeout above 12 h', 'messages/pull', { visibility_timeout_ms: 43_200_001 }, 10207],
  ['an ack without lease', 'messages/ack', { acks: [{}] }, 10207],
  ['a delay above 24 h', 'messages/ack', { retries: [{ lease_id: 'x', delay_seconds: 86_401 }] }, 10203],
  ['an unknown content type', 'messages', { body: 'x', content_type: 'v8' }, 10203],
  ['a text that is none', 'messages', { body: 5, content_type: 'text' }, 10203],
  ['a message above 128 KB', 'messages', { body: 'x'.repeat(128_001), content_type: 'text' }, 10204],
  ['a batch above 256 KB', 'messages/batch', batchOf(3, 100_000), 10205],
  ['a batch above 100 messages', 'messages/batch', batchOf(101, 1), 10206],
])('%s is a bad request', async ([, action, body, code]) => {
  const answer = await call(action, body);
  expect(answer).toMatchObject({ status: 400, success: false, errors: [{ code }], result: null });
  expect(await metrics()).toMatchObject({ backlog_count: 0 });
});

function batchOf(count: number, length: number) {
  return {
    messages: Array.from({ length: count }, () => ({ body: 'x'.repeat(length), content_type: 'text' })),
  };
}

interface Message {
  id: string;
  body: string;
  attempts: number;
  timestamp_ms: number;
  metadata: Record<string, string>;
  lease_id: string;
  ref: string;
}

interface Answer {
  status: number;
  success: boolean;
  /** The parts of all results. */
  result: { messages: Message[]; message_backlog_count: number; metadata: { metrics: unknown } };
}

async function call(action: string, body: unknown, queueId = QUEUE_ID): Promise<Answer> {
  const response = await fetch(`${url}/client/v4/accounts/${ACCOUNT_ID}/queues/${queueId}/${action}`, {
    method: 'POST',
    headers: bearer,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer = (await response.json()) as Omit<Answer, 'status'>;
  return { ...answer, status: response.status };
}

async function send(...texts: string[]): Promise<void> {
  await call('messages/batch', { messages: texts.map((body) => ({ body, content_type: 'text' })) });
}

async function pull(options: object = {}, queueId = QUEUE_ID): Promise<Message[]> {
  return (await call('messages/pull', options, queueId)).result.messages;
}

async function pullOne(options: object = {}, queueId = QUEUE_ID): Promise<Message> {
  const [message, another] = await pull(options, queueId);
  if (message === undefined || another !== undefined) throw new Error('not exactly one message was pulled');
  return message;
}

async function ack(lease_id: string, queueId = QUEUE_ID): Promise<unknown> {
  return (await call('messages/ack', { acks: [{ lease_id }] }, queueId)).result;
}

async function retry(lease_id: string, delay_seconds = 0): Promise<unknown> {
  return (await call('messages/ack', { retries: [{ lease_id, delay_seconds }] })).result;
}

async function metrics(queueId = QUEUE_ID): Promise<{ backlog_count: number }> {
  const response = await fetch(url + metricsOf(queueId), { headers: bearer });
  const { result } = (await response.json()) as { result: { backlog_count: number } };
  return result;
}

async function advance(ms: number): Promise<void> {
  await fetch(`${url}/clock`, { method: 'POST', body: String(ms) });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

async function bundle(): Promise<void> {
  const queue = path.join(import.meta.dirname, 'queue');
  await promisify(execFile)(
    process.execPath,
    [
      ...wranglerProgram,
      'deploy',
      path.join(queue, 'fixtures/clocked-worker.ts'),
      ...['--config', path.join(queue, 'wrangler.toml'), '--dry-run', '--outdir', path.join(dir, 'bundle')],
    ],
    { env: { ...process.env, ...wranglerEnvironment(stateDirAt(dir)) }, timeout: 30_000 },
  );
}

async function startRuntime(): Promise<void> {
  runtime = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      telemetry: { enabled: false },
      resourcePersistencePath: path.join(dir, 'objects'),
      workers: [
        {
          name: 'queue',
          modules: true,
          modulesRoot: path.join(dir, 'bundle'),
          scriptPath: path.join(dir, 'bundle/clocked-worker.js'),
          compatibilityDate: '2026-11-01',
          bindings: { API_TOKEN: token },
          durableObjects: { QUEUE_OBJECT: { className: 'QueueObject', useSQLite: true } },
          queueConsumers: { 'millrace-nudges': { maxBatchSize: 100, maxBatchTimeout: 0 } },
        },
        {
          name: 'producer',
          modules: true,
          script: 'export default {}',
          compatibilityDate: '2026-11-01',
          queueProducers: { NUDGES: 'millrace-nudges' },
        },
      ],
    }),
  );
  url = (await runtime.ready).origin;
}
