import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createCloudflareQueue } from './cloudflare-queue.ts';
import { NudgeSourceError } from './nudge-source.ts';

interface Call {
  line: string;
  authorization: string | undefined;
  body: unknown;
}

/** Speaks Cloudflare's envelope. */
const server = createServer(async (request, response) => {
  calls.push({
    line: `${request.method} ${request.url}`,
    authorization: request.headers.authorization,
    body: await bodyOf(request),
  });
  if (answer === 'never') return;
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(answer.body);
});
const dispatcher = new Agent();
let calls: Call[] = [];
let answer: { status: number; body: string } | 'never';
let apiUrl = '';

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`;
});

afterAll(async () => {
  await dispatcher.destroy();
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  calls = [];
  answer = ok(null);
});

const never = new AbortController().signal;

const REFUSAL = JSON.stringify({
  success: false,
  errors: [{ code: 10000, message: 'Authentication error' }],
});

function queue() {
  return createCloudflareQueue({ apiUrl, accountId: 'acc', queueId: 'que', apiToken: 'secret', dispatcher });
}

function ok(result: unknown) {
  return { status: 200, body: JSON.stringify({ success: true, errors: [], messages: [], result }) };
}

function message(body: string, contentType: string) {
  return {
    id: 'm',
    body,
    attempts: 1,
    timestamp_ms: 1_700_000_000_000,
    metadata: { 'CF-Content-Type': contentType },
    lease_id: 'lease',
  };
}

test('a pull names the queue and decodes bodies by their content type', async () => {
  const json = Buffer.from('{"taskId":"t1","traceparent":"00-trace"}').toString('base64');
  answer = ok({
    message_backlog_count: 3,
    messages: [message(json, 'json'), message('{"taskId":"t2"}', 'text'), message('AAEC', 'bytes')],
  });
  const nudges = await queue().pull(100, never);
  expect(nudges.map((nudge) => nudge.taskId)).toEqual(['t1', 't2', null]);
  expect(nudges[1]?.traceparent).toBeNull();
  expect(nudges[0]).toEqual({
    ...{ receipt: 'lease', taskId: 't1', traceparent: '00-trace', sentAt: 1_700_000_000_000 },
  });
  expect(calls).toEqual([
    {
      line: 'POST /client/v4/accounts/acc/queues/que/messages/pull',
      authorization: 'Bearer secret',
      body: { batch_size: 100, visibility_timeout_ms: 30_000 },
    },
  ]);
});

test('settling acknowledges and gives back in one call', async () => {
  answer = ok({ ackCount: 1, retryCount: 1, warnings: [] });
  const nudge = (receipt: string) => ({ receipt, taskId: null, sentAt: 0 });
  await queue().settle({ done: [nudge('d')], again: [nudge('a')] }, never);
  expect(calls[0]).toMatchObject({
    line: 'POST /client/v4/accounts/acc/queues/que/messages/ack',
    body: { acks: [{ lease_id: 'd' }], retries: [{ lease_id: 'a', delay_seconds: 1 }] },
  });
});

test('depth is the backlog that the metrics call tells', async () => {
  answer = ok({ backlog_count: 17, backlog_bytes: 1, oldest_message_timestamp_ms: 0 });
  expect(await queue().depth(never)).toBe(17);
  expect(calls[0]?.line).toBe('GET /client/v4/accounts/acc/queues/que/metrics');
});

test.each([
  [{ status: 403, body: REFUSAL }, 403, 'POST /messages/pull: 403 10000 Authentication error'],
  [{ status: 502, body: '<html>' }, 502, 'not Cloudflare'],
  [ok({ messages: 'none' }), 200, 'messages'],
])('an answer that is no success is an error that says so: %o', async (given, status, message) => {
  answer = given;
  const error = await queue()
    .pull(1, never)
    .catch((caught: unknown) => caught);
  if (!(error instanceof NudgeSourceError)) throw error;
  expect(error.status).toBe(status);
  expect(error.message).toContain(message);
});

test('a call ends with its signal', async () => {
  answer = 'never';
  const stop = new AbortController();
  const pulling = queue().pull(1, stop.signal);
  const outcome = expect(pulling).rejects.toBeInstanceOf(NudgeSourceError);
  await expect.poll(() => calls.length).toBe(1);
  stop.abort();
  await outcome;
});

test('a queue that cannot be reached is an error with status 0', async () => {
  const unreachable = createCloudflareQueue({
    apiUrl: 'http://127.0.0.1:1',
    accountId: 'a',
    queueId: 'q',
    apiToken: 't',
    dispatcher,
  });
  await expect(unreachable.pull(1, never)).rejects.toMatchObject({ status: 0 });
});

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? null : JSON.parse(text);
}
