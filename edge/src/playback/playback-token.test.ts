import { expect, test } from 'vitest';
import { opensPlayback, playbackExpiry, signPlayback } from './playback-token.ts';

const SECRET = 'a-secret-of-the-tests';
const JOB = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';
const OTHER_JOB = '7f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';
const NOW = Date.UTC(2026, 10, 22, 13, 14, 15);
const HOUR = 3_600;

test('opens its own job until it expires, and nothing else', async () => {
  const expiresAt = playbackExpiry(NOW, 0);
  const token = await signPlayback(SECRET, JOB, expiresAt);
  expect(await opensPlayback(SECRET, JOB, token, NOW)).toBe(true);
  expect(await opensPlayback(SECRET, JOB, token, expiresAt * 1000 - 1)).toBe(true);
  expect(await opensPlayback(SECRET, JOB, token, expiresAt * 1000)).toBe(false);
  expect(await opensPlayback(SECRET, OTHER_JOB, token, NOW)).toBe(false);
  expect(await opensPlayback('another-secret', JOB, token, NOW)).toBe(false);
});

test.each(['', '.', 'abc', 'zzzzzzzzzz.x', `${'a'.repeat(9)}.${'A'.repeat(43)}`, '../../etc'])(
  'is not opened by "%s"',
  async (token) => {
    expect(await opensPlayback(SECRET, JOB, token, NOW)).toBe(false);
  },
);

test('a later expiry cannot be written over a signature', async () => {
  const token = await signPlayback(SECRET, JOB, 1_000);
  const [, signature] = token.split('.');
  expect(await opensPlayback(SECRET, JOB, `${(9e9).toString(36)}.${signature}`, NOW)).toBe(false);
});

test('outlives the film by an hour at least, and stays the same for hours', () => {
  for (const seconds of [0, 10, 2 * HOUR, 30 * HOUR]) {
    const lifetime = playbackExpiry(NOW, seconds) - NOW / 1000;
    expect(lifetime).toBeGreaterThanOrEqual(seconds + HOUR);
    expect(lifetime).toBeLessThanOrEqual(seconds + 7 * HOUR);
  }
  const atSixHours = (ms: number) => playbackExpiry(Date.UTC(2026, 10, 22, 12) + ms, 0);
  expect(new Set([0, 1, 3_600_000, 4.9 * 3_600_000].map(atSixHours)).size).toBe(1);
});
