import { expect, test } from 'vitest';
import { displaySize, saneAspectRatio } from './display-size.ts';
import { clockwiseRotation } from './rotation.ts';

test.each([
  [undefined, 0],
  [-90, 90],
  [90, 270],
  [270, 90],
  [180, 180],
  [-180, 180],
  [-90.4, 90],
  [359.6, 0],
  [45, 0],
  [Number.NaN, 0],
  [-(2 ** 63), 0],
])('a display matrix of %s degrees is a turn of %s', (degrees, turn) => {
  expect(clockwiseRotation(degrees)).toBe(turn);
});

test.each([
  [1_920, 1_080, 1, 1, 90, 1_080, 1_920],
  [640, 360, 2, 1, 0, 1_280, 360],
  [720, 576, 16, 15, 0, 768, 576],
  [854, 480, 1_280, 1_281, 0, 854, 480],
  [1, 1, 1, 1, 0, 2, 2],
  [161, 121, 1, 1, 180, 162, 122],
] as const)('%d × %d at %d:%d turned by %d is %d × %d', (w, h, num, den, rotation, width, height) => {
  expect(displaySize(w, h, { num, den }, rotation)).toEqual({ width, height });
});

test('absurd pixels are square', () => {
  expect(saneAspectRatio({ num: 1_000, den: 1 })).toEqual({ num: 1, den: 1 });
  expect(saneAspectRatio(null)).toEqual({ num: 1, den: 1 });
});
