import { expect, test } from 'vitest';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { createWorkerSights } from './worker-sights.ts';

test('a worker is in sight for half a minute after its last word, and counts once', async () => {
  const clock = createVirtualClock();
  const sights = createWorkerSights(clock);
  sights.saw('a');
  sights.saw('b');
  await clock.advance(20_000);
  sights.saw('a');
  expect(sights.count()).toBe(2);
  await clock.advance(20_000);
  expect(sights.count()).toBe(1);
  await clock.advance(20_000);
  expect(sights.count()).toBe(0);
});
