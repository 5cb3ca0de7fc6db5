import { expect, test } from 'vitest';
import { pictureFigures } from './picture-figures.ts';

const picture = (n: number, ssim: string, error: string) =>
  [
    `frame:${n}    pts:${n}       pts_time:${n / 25}`,
    'lavfi.ssim.Y=0.5\nlavfi.ssim.dB=3',
    `lavfi.ssim.All=${ssim}\nlavfi.psnr.mse_avg=${error}\nlavfi.psnr.psnr_avg=1`,
  ].join('\n');

test('SSIM is averaged, PSNR over the error of all pictures', () => {
  const { frames, ssim, psnr } = pictureFigures(`${picture(0, '0.9', '6.5025')}\n${picture(1, '1', '0')}\n`);
  expect(frames).toBe(2);
  expect(ssim).toBeCloseTo(0.95);
  // 3.25125 of 255² is one 20,000th.
  expect(psnr).toBeCloseTo(10 * Math.log10(20_000));
});

test('where nothing differs, and where nothing was compared', () => {
  expect(pictureFigures(picture(0, '1', '0'))).toEqual({ frames: 1, ssim: 1, psnr: 100 });
  expect(pictureFigures('')).toEqual({ frames: 0, ssim: 1, psnr: 100 });
});
