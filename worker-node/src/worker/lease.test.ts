import { expect, test } from 'vitest';
import { createVirtualClock } from '../clock/virtual-clock.ts';
import { createLease } from './lease.ts';

test('a lease ends one TTL after the last confirmed report was sent', async () => {
  const clock = createVirtualClock();
  const lease = createLease(clock, 30_000, 30_000);
  await clock.advance(20_000);
  lease.confirm(10_000);
  await clock.advance(19_999);
  expect(lease.expired()).toBe(false);
  expect(lease.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(lease.expired()).toBe(true);
  expect(lease.signal.aborted).toBe(true);
});

test('an answer that comes after the end revives nothing', async () => {
  const clock = createVirtualClock();
  const lease = createLease(clock, 30_000, 30_000);
  await clock.advance(30_000);
  lease.confirm(29_000);
  expect(lease.expired()).toBe(true);
});

test('a confirmation at the very end is too late, even before the lease has noticed its end', async () => {
  const clock = createVirtualClock();
  clock.setTimer(30_000, () => lease.confirm(29_000));
  const lease = createLease(clock, 30_000, 30_000);
  await clock.advance(30_000);
  expect(lease.signal.aborted).toBe(true);
});

test('an older confirmation does not shorten a lease', async () => {
  const clock = createVirtualClock();
  const lease = createLease(clock, 30_000, 30_000);
  await clock.advance(10_000);
  lease.confirm(8_000);
  lease.confirm(5_000);
  expect(lease.deadline()).toBe(38_000);
});

test('a lease that was ended fires no more', async () => {
  const clock = createVirtualClock();
  const lease = createLease(clock, 30_000, 30_000);
  lease.end();
  await clock.advance(60_000);
  expect(lease.signal.aborted).toBe(false);
  expect(clock.pendingTimers()).toBe(0);
});
