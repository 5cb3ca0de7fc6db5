import { MAX_PSNR, psnrOf } from '@millrace/shared/media/quality.ts';

/** SSIM and PSNR of all planes over a number of pictures. */
export interface PictureFigures {
  frames: number;
  ssim: number;
  psnr: number;
}

const WHITE = 255;

/** Reads what ffmpeg's `metadata=print` wrote of pictures that went through `ssim` and `psnr`, as they average it. */
export function pictureFigures(printed: string): PictureFigures {
  const ssims = valuesOf(printed, 'lavfi.ssim.All');
  const errors = valuesOf(printed, 'lavfi.psnr.mse_avg');
  const frames = Math.min(ssims.length, errors.length);
  if (frames === 0) return { frames, ssim: 1, psnr: MAX_PSNR };
  return { frames, ssim: mean(ssims), psnr: psnrOf(mean(errors) / WHITE ** 2) };
}

function valuesOf(printed: string, key: string): number[] {
  return printed
    .split('\n')
    .filter((line) => line.startsWith(`${key}=`))
    .map((line) => Number(line.slice(key.length + 1)))
    .filter((value) => Number.isFinite(value));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
