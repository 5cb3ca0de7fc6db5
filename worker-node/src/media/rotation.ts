import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';

/** A phone held nearly straight is straight. Other angles are no quarter turns and are left alone. */
const TOLERANCE_DEGREES = 1;

/**
 * The clockwise turn that a display matrix asks for. ffprobe counts the other way round, with any sign, and prints
 * nonsense for a damaged matrix.
 */
export function clockwiseRotation(counterClockwise: number | undefined): VideoStreamInfo['rotation'] {
  if (counterClockwise === undefined || !(Math.abs(counterClockwise) <= 360)) return 0;
  const turn = (360 - counterClockwise) % 360;
  for (const quarter of [0, 90, 180, 270] as const) {
    const apart = Math.abs(turn - quarter);
    if (Math.min(apart, 360 - apart) <= TOLERANCE_DEGREES) return quarter;
  }
  return 0;
}
