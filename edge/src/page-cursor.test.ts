import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './page-cursor.ts';

const LIST = 'jobs default -created_at';

test('a cursor reads as what it was made of', () => {
  const place = { at: '2026-11-22T12:00:00.123Z', id: '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c' };
  expect(encodeCursor(LIST, place)).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(decodeCursor(LIST, encodeCursor(LIST, place))).toEqual(place);
});

test('a cursor of another list is none', () => {
  const place = { at: '2026-11-22T12:00:00.123Z', id: '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c' };
  expect(decodeCursor('jobs other -created_at', encodeCursor(LIST, place))).toBeNull();
});

test('anything else is none, and harms nobody', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      expect(decodeCursor(LIST, text)).toBeNull();
    }),
  );
  const farFuture = { at: new Date(8.1e12).toISOString(), id: '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c' };
  expect(decodeCursor(LIST, encodeCursor(LIST, farFuture))).toBeNull();
});
