import { expect, test } from 'vitest';
import { averageQuality } from './quality.ts';

const SAMPLE = { ssim: 0.9, psnr: 40, vmaf: null, frames: 10 };

test('one sample is its own average', () => {
  const average = averageQuality([SAMPLE]);
  expect(average).toMatchObject({ vmaf: null, frames: 10 });
  expect(average?.ssim).toBeCloseTo(0.9);
  expect(average?.psnr).toBeCloseTo(40);
});

test('samples weigh as much as they have frames', () => {
  const average = averageQuality([
    { ...SAMPLE, vmaf: 90 },
    { ...SAMPLE, ssim: 0.96, vmaf: 96, frames: 50 },
  ]);
  expect(average?.ssim).toBeCloseTo(0.95);
  expect(average?.vmaf).toBeCloseTo(95);
  expect(average?.frames).toBe(60);
});

test('decibels are averaged as the error they stand for', () => {
  // 20 dB are a hundredth, 40 dB a ten-thousandth: the mean is 0.00505.
  expect(averageQuality([SAMPLE, { ...SAMPLE, psnr: 20 }])?.psnr).toBeCloseTo(-10 * Math.log10(0.00505), 6);
  expect(averageQuality([{ ...SAMPLE, psnr: 100 }])?.psnr).toBe(100);
});

test('VMAF is that of the samples that have it', () => {
  expect(averageQuality([SAMPLE, { ...SAMPLE, vmaf: 80, frames: 1 }])?.vmaf).toBe(80);
});

test('nothing was measured', () => {
  expect(averageQuality([])).toBeNull();
});
