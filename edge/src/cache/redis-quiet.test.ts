import { beforeEach, expect, inject, test } from 'vitest';
import { openRedis } from './redis-gate.ts';
import { redisQuiet } from './redis-quiet.ts';

const settings = inject('services').redis;
let nowMs = 1_000_000;
const gate = openRedis(settings, { silentUntil: 0 }, () => nowMs);
/** One of its own, as another isolate would have. */
const quiet = (url = settings.url) =>
  redisQuiet(
    openRedis({ ...settings, url }, { silentUntil: 0 }, () => nowMs),
    { stirredAt: 0 },
    () => nowMs,
    'test',
  );

beforeEach(async () => {
  nowMs = 1_000_000;
  await gate.ask((redis) => redis.del('test:stirred', 'test:quiet'), 0);
});

test('quiet is what a pass has found, until then', async () => {
  expect(await quiet().isQuiet()).toBe(false);
  await quiet().settle(nowMs + 60_000);
  expect(await quiet().isQuiet()).toBe(true);
  await quiet().settle(null);
  expect(await quiet().isQuiet()).toBe(false);
});

test('what stirs ends it, also when the pass that found it quiet comes to its end later', async () => {
  await quiet().settle(nowMs + 60_000);
  await quiet().stir();
  expect(await quiet().isQuiet()).toBe(false);
  await quiet().settle(nowMs + 60_000);
  expect(await quiet().isQuiet()).toBe(false);
});

test('what was found before something stirred is not believed again', async () => {
  await quiet().settle(nowMs + 60_000);
  await quiet().stir();
  await gate.ask((redis) => redis.del('test:stirred'), 0);
  expect(await quiet().isQuiet()).toBe(false);
});

test('an isolate that has stirred says so again after a while only', async () => {
  const one = quiet();
  await one.stir();
  await gate.ask((redis) => redis.del('test:stirred'), 0);
  await one.stir();
  expect(await gate.ask((redis) => redis.exists('test:stirred'), -1)).toBe(0);
  nowMs += 31_000;
  await one.stir();
  expect(await gate.ask((redis) => redis.exists('test:stirred'), -1)).toBe(1);
});

test('without Redis nothing is quiet', async () => {
  await quiet().settle(nowMs + 60_000);
  expect(await quiet('http://127.0.0.1:1').isQuiet()).toBe(false);
});
