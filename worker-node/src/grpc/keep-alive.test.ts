import { expect, test } from 'vitest';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { keepAlive } from './keep-alive.ts';

function session(answers: boolean) {
  const happened: string[] = [];
  return {
    happened,
    ping(callback: (error: Error | null, ms: number, payload: Buffer) => void) {
      happened.push('ping');
      if (answers) callback(null, 1, Buffer.of());
      return true;
    },
    destroy: () => void happened.push('destroy'),
  };
}

test('a connection that answers lives, until it is over', async () => {
  const clock = createVirtualClock();
  const living = session(true);
  const stop = keepAlive(clock, living as never);
  await clock.advance(95_000);
  expect(living.happened).toEqual(['ping', 'ping', 'ping']);
  stop();
  expect(clock.pendingTimers()).toBe(0);
});

test('one that does not answer is ended', async () => {
  const clock = createVirtualClock();
  const dead = session(false);
  keepAlive(clock, dead as never);
  await clock.advance(300_000);
  expect(dead.happened).toEqual(['ping', 'destroy']);
});
