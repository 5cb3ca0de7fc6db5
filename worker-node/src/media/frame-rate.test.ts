import { expect, test } from 'vitest';
import { decideFrameRate } from './frame-rate.ts';

test.each([
  ['25/1', '25/1', 25, 1, false],
  ['30000/1001', '30000/1001', 30_000, 1_001, false],
  ['24000/1001', '2997/125', 24_000, 1_001, false],
  ['120/1', '120/1', 120, 1, false],
  ['2500/83', '2500/83', 2_500, 83, false],
  ['240/1', '240/1', 60, 1, true],
  ['57600/1', '3628800/502589', 24_000, 1_001, true],
  ['117/4', '745000/35229', 24_000, 1_001, true],
  ['1000/1', '29/1', 30_000, 1_001, true],
  ['90000/1', '55/1', 60_000, 1_001, true],
  ['50/1', '25/1', 25, 1, true],
  ['1/20', '1/20', 24_000, 1_001, true],
  ['0/0', '0/0', 25, 1, true],
  [undefined, undefined, 25, 1, true],
  ['25/1', '0/0', 25, 1, false],
])('%s with an average of %s is %d/%d', (base, average, num, den, variable) => {
  expect(decideFrameRate(base, average)).toEqual({ frameRate: { num, den }, variable });
});
