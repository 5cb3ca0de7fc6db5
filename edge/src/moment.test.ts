import { expect, test } from 'vitest';
import { moment } from './moment.ts';

test.each([
  ['2026-11-22T10:00:00Z', '2026-11-22T10:00:00.000Z'],
  ['2026-11-22T10:00:00.123456789+23:59', '2026-11-21T10:01:00.123Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['9999-12-31T23:59:59-00:00', '9999-12-31T23:59:59.000Z'],
])('%s is handed on in UTC', (given, utc) => {
  expect(moment().parse(given)).toBe(utc);
});

test.each([
  '0000-12-31T23:59:59Z',
  '0001-01-01T00:00:00+01:00',
  `2026-11-22T10:00:00.${'1'.repeat(60)}Z`,
  'soon',
  '',
])('%s is refused', (given) => {
  expect(moment().safeParse(given).success).toBe(false);
});
