import { expect, test } from 'vitest';
import { storageConditions } from './storage-conditions.ts';

const DATE = 'Sun, 22 Nov 2026 10:00:00 GMT';

test.each<Record<string, string>>([
  { range: 'bytes=0-9' },
  { range: 'bytes=5-' },
  { range: 'bytes=-5', 'if-range': '"tag"' },
  { range: 'bytes=0-', 'if-range': DATE },
  { 'if-none-match': '"a", W/"b"' },
  { 'if-none-match': '*' },
  { 'if-modified-since': DATE },
])('%j is handed on', (headers) => {
  expect(storageConditions(new Headers(headers))).toEqual(headers);
});

test.each<Record<string, string>>([
  { range: 'bytes=5-1' },
  { range: 'bytes=0-1,3-4' },
  { range: 'bytes=-' },
  { range: 'frames=0-1' },
  { range: `bytes=${'9'.repeat(20)}-` },
  { 'if-range': '"tag"' },
  { 'if-none-match': '+' },
  { 'if-none-match': 'ü' },
  { 'if-modified-since': 'yesterday' },
])('%j is passed over', (headers) => {
  expect(storageConditions(new Headers(headers))).toEqual({});
});
