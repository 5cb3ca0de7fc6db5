import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCursor, encodeCursor } from './job-cursor.ts';

test('a cursor reads as what it was made of', () => {
  const place = { createdAt: '2026-11-22T12:00:00.123Z', id: '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c' };
  expect(encodeCursor(place)).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(decodeCursor(encodeCursor(place))).toEqual(place);
});

test('anything else is none, and harms nobody', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      expect(decodeCursor(text)).toBeNull();
    }),
  );
  const farFuture = { createdAt: new Date(8.1e12).toISOString(), id: '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c' };
  expect(decodeCursor(encodeCursor(farFuture))).toBeNull();
});
