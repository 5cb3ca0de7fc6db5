import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { openRedis } from './redis-gate.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** An Upstash that behaves as told, and counts how often it is asked. */
async function upstash(answer: 'refuse' | 'hang' | 'serve', answerWithinMs: number) {
  const asked = { times: 0, answer };
  server = createServer((_request, response) => {
    asked.times += 1;
    if (asked.answer === 'refuse') response.writeHead(503).end('{"error":"away"}');
    if (asked.answer === 'serve') response.end(JSON.stringify({ result: btoa('PONG') }));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { asked, settings: { url: `http://127.0.0.1:${port}`, token: 'token', answerWithinMs } };
}

test('after a failure Redis is left alone for a while, then asked again', async () => {
  const { asked, settings } = await upstash('refuse', 20_000);
  const health = { silentUntil: 0 };
  let now = 1_000_000;
  const ping = () => openRedis(settings, health, () => now).ask<string>((redis) => redis.ping(), 'no answer');

  expect(await ping()).toBe('no answer');
  expect(await ping()).toBe('no answer');
  expect(asked.times).toBe(1);

  now += 1_001;
  asked.answer = 'serve';
  expect(await ping()).toBe('PONG');
  expect(asked.times).toBe(2);
});

test('a Redis that does not answer is given up on', async () => {
  const { settings } = await upstash('hang', 50);
  const gate = openRedis(settings, { silentUntil: 0 }, () => Date.now());
  expect(await gate.ask<string>((redis) => redis.ping(), 'no answer')).toBe('no answer');
});
