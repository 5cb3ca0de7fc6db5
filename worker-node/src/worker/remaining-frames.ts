import { segmentStartFrame } from '@millrace/shared/media/grid.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import type { FrameRange } from '../media/argv/video-input.ts';

/** What is left of a chunk: a run of whole segments up to its end. */
export interface Remaining extends FrameRange {
  firstSegment: number;
}

/**
 * Starts at the first segment that is not announced in every rendition; null when there is none. How long the last
 * segment of an open chunk came out is not known from its being announced: that one is made again.
 */
export function remainingFrames(
  spec: Pick<EncodeVideoSpec, 'chunk' | 'renditions' | 'gopFrames'>,
  announced: ReadonlySet<string>,
): Remaining | null {
  const { chunk, renditions, gopFrames } = spec;
  const stands = (number: number) => renditions.every(({ name }) => announced.has(`${name}/${number}`));
  let firstSegment = chunk.firstSegment;
  while (stands(firstSegment)) firstSegment += 1;
  if (chunk.frames === null) {
    const number = Math.max(chunk.firstSegment, stands(firstSegment - 1) ? firstSegment - 1 : firstSegment);
    return { firstSegment: number, startFrame: segmentStartFrame(gopFrames, number), frames: null };
  }
  const startFrame = segmentStartFrame(gopFrames, firstSegment);
  const frames = chunk.startFrame + chunk.frames - startFrame;
  return frames > 0 ? { firstSegment, startFrame, frames } : null;
}
