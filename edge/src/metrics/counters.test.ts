import type { Redis } from '@upstash/redis/cloudflare';
import { expect, inject, test } from 'vitest';
import { openRedis, type RedisGate } from '../cache/redis-gate.ts';
import { newCounterMemory, redisCounters } from './counters.ts';

const settings = inject('services').redis;

/** An isolate whose clock stands still until it is moved. */
function isolate() {
  let clock = Date.now();
  let commands = 0;
  const gate = openRedis(settings, { silentUntil: 0 }, () => clock);
  const counted: RedisGate = {
    ...gate,
    ask: <T>(question: (redis: Redis) => Promise<T>, otherwise: T) => {
      commands += 1;
      return gate.ask(question, otherwise);
    },
  };
  return {
    counters: redisCounters(counted, newCounterMemory(), () => clock, 0),
    commands: () => commands,
    pass: (seconds: number) => {
      clock += seconds * 1_000;
    },
  };
}

test('who calls all the time costs a command a minute, and is counted all the same', async () => {
  const field = `rpc /test/${crypto.randomUUID()} ok`;
  const { counters, commands, pass } = isolate();
  const sumOf = async (name: string) => Number((await counters.read())[name] ?? 0);
  await counters.add([[field, 1]], 'later');
  expect(commands()).toBe(1);
  for (let second = 5; second < 60; second += 5) {
    pass(5);
    await counters.add([[field, 1]], 'later');
  }
  expect(commands()).toBe(1);
  pass(5);
  await counters.add([[field, 1]], 'later');
  expect(commands()).toBe(2);
  expect(await sumOf(field)).toBe(13);
});

test('what may wait goes out with what may not', async () => {
  const id = crypto.randomUUID();
  const { counters, commands } = isolate();
  await counters.add([[`a ${id}`, 1]], 'soon');
  await counters.add([[`b ${id}`, 1]], 'later');
  expect(commands()).toBe(1);
  await counters.add([[`a ${id}`, 1]]);
  expect(commands()).toBe(2);
  expect(await counters.read()).toMatchObject({ [`a ${id}`]: '2', [`b ${id}`]: '1' });
});
