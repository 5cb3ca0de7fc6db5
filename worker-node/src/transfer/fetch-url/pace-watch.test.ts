import { expect, test } from 'vitest';
import { createVirtualClock } from '../../clock/virtual-clock.ts';
import { startPaceWatch } from './pace-watch.ts';

const LIMITS = { answerMs: 5_000, windowMs: 10_000, minWindowBytes: 100 };

test('a server that does not answer is given up on', async () => {
  const clock = createVirtualClock();
  const pace = startPaceWatch(clock, LIMITS);
  await clock.advance(4_999);
  expect(pace.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(pace.signal.reason).toMatchObject({ message: 'the server does not answer' });
});

test('every window must bring its bytes, however many came before', async () => {
  const clock = createVirtualClock();
  const pace = startPaceWatch(clock, LIMITS);
  pace.answered();
  pace.received(1_000_000);
  await clock.advance(10_000);
  pace.received(100);
  await clock.advance(10_000);
  expect(pace.signal.aborted).toBe(false);
  pace.received(99);
  await clock.advance(10_000);
  expect(pace.signal.reason).toMatchObject({ message: 'the server sends too slowly' });
});

test('once stopped it never fires', async () => {
  const clock = createVirtualClock();
  const pace = startPaceWatch(clock, LIMITS);
  pace.answered();
  await clock.advance(9_000);
  pace.stop();
  expect(clock.pendingTimers()).toBe(0);
});
