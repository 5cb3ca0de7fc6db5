import { type Fraction, reduce } from '@millrace/shared/media/fraction.ts';
import type { VideoRendition } from '@millrace/shared/media/ladder.ts';

/** The job's grid in the frames of a rendition that shows every how manyth of them. */
export interface RenditionGrid {
  frameRate: Fraction;
  gopFrames: number;
}

export function renditionGrid(
  { frameRate, gopFrames }: RenditionGrid,
  { frameStep }: Pick<VideoRendition, 'frameStep'>,
): RenditionGrid {
  return {
    frameRate: reduce(frameRate.num, frameRate.den * frameStep),
    gopFrames: gopFrames / frameStep,
  };
}

/** Frames of a rendition in the first `jobFrames` frames after a keyframe. */
export function renditionFrames(jobFrames: number, { frameStep }: Pick<VideoRendition, 'frameStep'>): number {
  return Math.ceil(jobFrames / frameStep);
}
