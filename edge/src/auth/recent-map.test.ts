import { expect, test } from 'vitest';
import { recentMap } from './recent-map.ts';

test('an entry is there until its time, and can be taken out before', () => {
  const map = recentMap<number>(10);
  map.set('a', 1, 100);
  expect([map.get('a', 99), map.get('a', 100), map.get('b', 0)]).toEqual([1, undefined, undefined]);
  map.delete('a');
  expect(map.get('a', 0)).toBe(undefined);
});

test('a full map forgets what was written longest ago', () => {
  const map = recentMap<number>(2);
  map.set('a', 1, 100);
  map.set('b', 2, 100);
  map.set('a', 3, 100);
  map.set('c', 4, 100);
  expect(['a', 'b', 'c'].map((key) => map.get(key, 0))).toEqual([3, undefined, 4]);
});
