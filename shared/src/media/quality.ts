import { z } from 'zod';

/** How close to what went into its encoder a rendition came out, over the frames that were compared. */
export const measuredQuality = z.object({
  /** Of all planes, 0 to 1. */
  ssim: z.number(),
  /** In dB, of the mean squared error of all frames; 100 where nothing differs. */
  psnr: z.number(),
  /** 0 to 100; null where no worker could tell. */
  vmaf: z.number().nullable(),
  frames: z.int().positive(),
});
export type MeasuredQuality = z.infer<typeof measuredQuality>;

/** What PSNR is said to be where it is infinite, and at most. */
export const MAX_PSNR = 100;

/**
 * One figure from several samples, each weighing as much as it has frames. PSNR is averaged as the error it stands for,
 * as ffmpeg does within a sample: the mean of decibels would flatter. VMAF is the mean of the samples that have it. Null
 * without samples.
 */
export function averageQuality(samples: readonly MeasuredQuality[]): MeasuredQuality | null {
  if (samples.length === 0) return null;
  const scored = samples.flatMap(({ vmaf, frames }) => (vmaf === null ? [] : [{ value: vmaf, frames }]));
  return {
    ssim: weightedMean(samples.map(({ ssim, frames }) => ({ value: ssim, frames }))),
    psnr: psnrOf(weightedMean(samples.map(({ psnr, frames }) => ({ value: errorOf(psnr), frames })))),
    vmaf: scored.length === 0 ? null : weightedMean(scored),
    frames: samples.reduce((sum, { frames }) => sum + frames, 0),
  };
}

/** PSNR of a mean squared error in units of the square of the highest value. */
export function psnrOf(error: number): number {
  return error <= 0 ? MAX_PSNR : Math.min(MAX_PSNR, -10 * Math.log10(error));
}

function errorOf(psnr: number): number {
  return psnr >= MAX_PSNR ? 0 : 10 ** (-psnr / 10);
}

function weightedMean(values: readonly { value: number; frames: number }[]): number {
  const frames = values.reduce((sum, entry) => sum + entry.frames, 0);
  return values.reduce((sum, entry) => sum + entry.value * entry.frames, 0) / frames;
}
