import { expect, test } from 'vitest';
import { decodeTextCursor, encodeTextCursor } from './text-cursor.ts';

test.each(['a', 'auth0|5f', 'Ünïcode 🎞', '"\\'])('a place at %j is found again', (text) => {
  const cursor = encodeTextCursor('users:a', text);
  expect(cursor).toMatch(/^[\w-]+$/);
  expect(decodeTextCursor('users:a', cursor)).toBe(text);
});

test('a place in another list, and what is no place, opens none', () => {
  const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  for (const cursor of [
    encodeTextCursor('users:b', 'a'),
    ...['', '%', 'AAAA', '____', 'x'.repeat(1_000)],
    ...[null, 'users:a', ['users:a'], ['users:a', 1], ['users:a', ''], ['users:a', 'a\u0000']].map(forged),
  ]) {
    expect(decodeTextCursor('users:a', cursor)).toBe(null);
  }
});
