import { expect, test } from 'vitest';
import { retryDelayMs } from './retry-schedule.ts';

function schedule(fraction: number): number[] {
  const waits: number[] = [];
  for (let attempts = 1; attempts < 100; attempts++) {
    const wait = retryDelayMs(attempts, fraction);
    if (wait === null) break;
    waits.push(wait);
  }
  return waits;
}

test('ten more attempts, further and further apart, the last one within a day', () => {
  const seconds = schedule(0).map((ms) => ms / 1000);
  expect(seconds).toEqual([5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 36_000]);
  const hours = seconds.reduce((sum, wait) => sum + wait, 0) / 3_600;
  expect(hours).toBeGreaterThan(23);
  expect(hours).toBeLessThan(24);
});

test('a fifth of each wait is left to chance', () => {
  const longest = schedule(0);
  expect(schedule(0.5)).toEqual(longest.map((wait) => wait * 0.9));
  expect(schedule(0.999_999).every((wait, index) => wait >= (longest[index] ?? 0) * 0.8)).toBe(true);
});
