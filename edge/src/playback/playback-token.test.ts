import { expect, test } from 'vitest';
import { chosenExpiry, playbackExpiry, readPlayback, signPlayback } from './playback-token.ts';

const SECRET = 'a-secret-of-the-tests';
const JOB = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';
const OTHER_JOB = '7f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';
const NOW = Date.UTC(2026, 10, 22, 13, 14, 15);
const HOUR = 3_600;
const WEEK = 7 * 24 * HOUR;

test('opens its own job until it expires, and nothing else', async () => {
  const grant = { expiresAt: playbackExpiry(NOW, 0), revision: 41 };
  const token = await signPlayback(SECRET, JOB, grant);
  expect(await readPlayback([SECRET], JOB, token, NOW)).toEqual(grant);
  expect(await readPlayback([SECRET], JOB, token, grant.expiresAt * 1000 - 1)).toEqual(grant);
  expect(await readPlayback([SECRET], JOB, token, grant.expiresAt * 1000)).toBeNull();
  expect(await readPlayback([SECRET], OTHER_JOB, token, NOW)).toBeNull();
  expect(await readPlayback(['another-secret'], JOB, token, NOW)).toBeNull();
  expect(await readPlayback(['another-secret', SECRET], JOB, token, NOW)).toEqual(grant);
});

test.each(['', '.', 'abc', 'public', 'zzzzzzzzzz.0.x', `${'a'.repeat(9)}.0.${'A'.repeat(43)}`, '../../etc'])(
  'is not opened by "%s"',
  async (token) => {
    expect(await readPlayback([SECRET], JOB, token, NOW)).toBeNull();
  },
);

test('neither a later expiry nor another revision can be written over a signature', async () => {
  const expiresAt = playbackExpiry(NOW, 0);
  const token = await signPlayback(SECRET, JOB, { expiresAt, revision: 1 });
  const [expiry, , signature] = token.split('.');
  expect(await readPlayback([SECRET], JOB, `${expiry}.1.${signature}`, NOW)).not.toBeNull();
  expect(await readPlayback([SECRET], JOB, `${(9e9).toString(36)}.1.${signature}`, NOW)).toBeNull();
  expect(await readPlayback([SECRET], JOB, `${expiry}.2.${signature}`, NOW)).toBeNull();
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

test('lives as long as was chosen, but never shorter than the film nor longer than a week', () => {
  const chosen = (lifetime: number, film = 60) => chosenExpiry(NOW, film, lifetime) - NOW / 1000;
  for (const lifetime of [2 * HOUR, 5 * HOUR, 30 * HOUR]) {
    expect(chosen(lifetime)).toBeGreaterThanOrEqual(lifetime);
    expect(chosen(lifetime)).toBeLessThanOrEqual(lifetime + 900);
  }
  expect(chosen(1)).toBeGreaterThanOrEqual(HOUR + 60);
  expect(chosen(2 * HOUR, 3 * HOUR)).toBeGreaterThanOrEqual(4 * HOUR);
  expect(chosen(WEEK)).toBeLessThanOrEqual(WEEK);
  expect(chosen(WEEK)).toBeGreaterThan(WEEK - 900);
  expect(chosenExpiry(NOW + 30_000, 60, 5 * HOUR)).toBe(chosenExpiry(NOW, 60, 5 * HOUR));
});
