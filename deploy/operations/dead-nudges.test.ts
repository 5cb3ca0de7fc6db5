import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '@millrace/local/free-port.ts';
import { type Queue, startQueue } from '@millrace/local/queue.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deadNudges } from './drain-dead-nudges.ts';

const TOKEN = 'drain-token';

let folder: string;
let queue: Queue;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'millrace-dead-nudges-'));
  const [stateDir, registryDir] = [path.join(folder, 'queue'), path.join(folder, 'registry')];
  queue = await startQueue({ port: await freePort(), stateDir, registryDir, token: TOKEN });
  url = `${queue.url}/accounts/${queue.accountId}/queues/${queue.deadLetterQueueId}`;
});
afterAll(async () => {
  await queue?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function push(body: string): Promise<void> {
  const response = await fetch(`${url}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ body, content_type: 'text' }),
  });
  expect(response.status).toBe(200);
}

test('dead nudges are counted, and drained when asked', async () => {
  await push('{"taskId":"a"}');
  await push('{"taskId":"b"}');
  const environment = {
    ...process.env,
    QUEUE_API_URL: queue.url,
    CLOUDFLARE_ACCOUNT_ID: queue.accountId,
    DEAD_LETTER_QUEUE_ID: queue.deadLetterQueueId,
    QUEUE_API_TOKEN: TOKEN,
  };
  const run = async (...args: string[]) => {
    const program = path.join(import.meta.dirname, 'dead-nudges.ts');
    return (await promisify(execFile)(process.execPath, [program, ...args], { env: environment })).stdout;
  };
  expect(await run()).toMatch(/^dead nudges: 2, the oldest of \d{4}-/);
  expect(await run('--drain')).toContain('drained');
  expect(await deadNudges({ url, token: TOKEN }).look()).toMatchObject({ count: 0 });
});

test('a refusal is told in the words of the queue', async () => {
  await expect(deadNudges({ url, token: 'wrong' }).look()).rejects.toThrow(/GET \/metrics: 40[13] /);
});
