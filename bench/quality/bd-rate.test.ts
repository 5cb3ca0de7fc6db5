import { expect, test } from 'vitest';
import { bdRatePercent, type RatePoint } from './bd-rate.ts';

const CURVE: RatePoint[] = [
  { rate: 500, quality: 12.1 },
  { rate: 950, quality: 14.0 },
  { rate: 1_900, quality: 16.3 },
  { rate: 4_200, quality: 18.2 },
];
const times = (factor: number) => CURVE.map(({ rate, quality }) => ({ rate: rate * factor, quality }));

test('the same curve costs nothing more, in any order of its points', () => {
  expect(bdRatePercent(CURVE, CURVE)).toBeCloseTo(0, 10);
  expect(bdRatePercent(CURVE, [...CURVE].reverse())).toBeCloseTo(0, 10);
});

test('so many per cent more bits at every quality are that many per cent', () => {
  expect(bdRatePercent(CURVE, times(1.1))).toBeCloseTo(10, 8);
  expect(bdRatePercent(CURVE, times(0.75))).toBeCloseTo(-25, 8);
});

test('where ln(rate) is a straight line the answer is exact whichever points were measured', () => {
  const line = (quality: number, shift: number) => ({ quality, rate: Math.exp(0.3 * quality + shift) });
  const anchor = [10, 12, 15, 19].map((quality) => line(quality, 0));
  const other = [11, 13, 14, 20].map((quality) => line(quality, Math.log(1.02)));
  expect(bdRatePercent(anchor, other)).toBeCloseTo(2, 8);
});

test('the curve between points is monotone: no swing beside a step', () => {
  const step: RatePoint[] = [
    { rate: 1, quality: 0 },
    { rate: 1.001, quality: 1 },
    { rate: 100, quality: 2 },
    { rate: 100.1, quality: 3 },
  ];
  const flat: RatePoint[] = [
    { rate: 1, quality: 0 },
    { rate: 1.001, quality: 1 },
  ];
  expect(Math.abs(bdRatePercent(flat, step))).toBeLessThan(0.1);
});

test('what is no curve is refused', () => {
  expect(() => bdRatePercent(CURVE.slice(0, 1), CURVE)).toThrow('point by point');
  const falling = [...CURVE.slice(0, 3), { rate: 100, quality: 20 }];
  expect(() => bdRatePercent(falling, CURVE)).toThrow('point by point');
  const far = CURVE.map(({ rate, quality }) => ({ rate, quality: quality + 10 }));
  expect(() => bdRatePercent(CURVE, far)).toThrow('no quality in common');
});
