import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from './free-port.ts';
import { groupIsAlive } from './process-group.ts';
import { type Queue, startQueue } from './queue.ts';
import { waitUntil } from './wait-until.ts';

let dir: string;
let queue: Queue;

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'millrace-queue-'));
  queue = await start();
});
afterAll(async () => {
  await queue.stop();
  await rm(dir, { recursive: true });
});

test('a Worker in another process sends at once, and what it sent survives a restart of the queue', async () => {
  const producer = await startProducer();
  try {
    const nudges = await producer.getQueueProducer('NUDGES');
    await nudges.send({ task: 't1' });
    expect(await waitUntil(async () => (await backlog()) === 1, 5_000)).toBe(true);

    const { pid } = queue;
    await queue.stop();
    expect(groupIsAlive(pid)).toBe(false);
    queue = await start();

    expect(await backlog()).toBe(1);
    const [message] = await pull();
    expect(JSON.parse(Buffer.from(message?.body ?? '', 'base64').toString())).toEqual({ task: 't1' });
    // The producer finds the queue again without being started anew.
    const arrived = async () => {
      await nudges.send({ task: 't2' });
      return (await backlog()) > 1;
    };
    expect(await waitUntil(arrived, 10_000, 100)).toBe(true);
  } finally {
    await producer.dispose();
  }
});

async function start(): Promise<Queue> {
  return startQueue({
    port: await freePort(),
    stateDir: path.join(dir, 'queue'),
    registryDir: path.join(dir, 'registry'),
    token: 'local-token',
  });
}

async function startProducer(): Promise<Miniflare> {
  const producer = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      telemetry: { enabled: false },
      unsafeDevRegistryPath: path.join(dir, 'registry'),
      workers: [
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
  await producer.ready;
  return producer;
}

async function backlog(): Promise<number> {
  const { result } = await call<{ result: { backlog_count: number } }>('metrics', { method: 'GET' });
  return result.backlog_count;
}

async function pull(): Promise<{ body: string }[]> {
  const { result } = await call<{ result: { messages: { body: string }[] } }>('messages/pull', {
    method: 'POST',
  });
  return result.messages;
}

async function call<T>(action: string, init: RequestInit): Promise<T> {
  const { url, accountId, queueId } = queue;
  const response = await fetch(`${url}/accounts/${accountId}/queues/${queueId}/${action}`, {
    ...init,
    headers: { authorization: 'Bearer local-token' },
  });
  return (await response.json()) as T;
}
