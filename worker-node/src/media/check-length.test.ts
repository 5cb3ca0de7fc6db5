import { expect, test } from 'vitest';
import { checkLength } from './check-length.ts';

const HOUR = 3_600_000_000;

test('eight hours at sixty frames a second are the most', () => {
  checkLength({ num: 60, den: 1 }, 8 * HOUR);
  checkLength({ num: 120, den: 1 }, 4 * HOUR);
  checkLength(null, 8 * HOUR);
  const refused = expect.objectContaining({ code: 'source_exceeds_limits' });
  expect(() => checkLength({ num: 60, den: 1 }, 8 * HOUR + 1)).toThrow(refused);
  expect(() => checkLength({ num: 120, den: 1 }, 5 * HOUR)).toThrow(refused);
  expect(() => checkLength(null, 9 * HOUR)).toThrow(refused);
});
