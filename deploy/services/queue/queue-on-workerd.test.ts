import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '@millrace/local/free-port.ts';
import { ACCOUNT_ID, QUEUE_ID } from '@millrace/local/queue/queues.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { buildQueueBundle } from './build-bundle.ts';
import { startQueueOnWorkerd } from './start-queue-on-workerd.ts';

const token = 'queue-token-of-a-test';
const pulled = z.object({
  result: z.object({ messages: z.array(z.object({ body: z.string(), lease_id: z.string() })) }),
});

let folder: string;
let options: Parameters<typeof startQueueOnWorkerd>[0];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-queue-test-'));
  const bundle = path.join(folder, 'worker.js');
  await buildQueueBundle(bundle);
  options = {
    port: await freePort(),
    bundle,
    token,
    dataDir: path.join(folder, 'data'),
    logFile: path.join(folder, 'queue.log'),
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function call(url: string, action: string, body: object, bearer = token): Promise<Response> {
  return fetch(`${url}/accounts/${ACCOUNT_ID}/queues/${QUEUE_ID}/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}` },
    body: JSON.stringify(body),
  });
}

it('keeps what it was sent, through an end and a new start, until it is acknowledged', async () => {
  const first = await startQueueOnWorkerd(options);
  const messages = [{ body: { taskId: 'one' }, content_type: 'json' }];
  expect((await call(first.url, 'messages/batch', { messages })).status).toBe(200);
  expect((await call(first.url, 'messages/pull', {}, 'another-token')).status).toBe(403);
  await first.stop();
  expect(await first.exited).toEqual({ code: 0, signal: null });

  const second = await startQueueOnWorkerd(options);
  try {
    const { result } = pulled.parse(await (await call(second.url, 'messages/pull', {})).json());
    expect(result.messages.map(({ body }) => Buffer.from(body, 'base64').toString())).toEqual([
      '{"taskId":"one"}',
    ]);
    const acks = result.messages.map(({ lease_id }) => ({ lease_id }));
    const settled = await (await call(second.url, 'messages/ack', { acks })).json();
    expect(settled).toMatchObject({ result: { ackCount: 1 } });
  } finally {
    await second.stop();
  }
});
