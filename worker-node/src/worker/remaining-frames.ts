import { segmentStartFrame } from '@millrace/shared/media/grid.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import type { FrameRange } from '../media/argv/video-input.ts';

/** What is left of a chunk: a run of whole segments up to its end. */
export interface Remaining extends FrameRange {
  firstSegment: number;
}

/** Encoders that reorder begin an encode of fewer pictures at another decode time: it would not join what is there. */
const FEW_PICTURES = 3;

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
  const chunkEnd = chunk.startFrame + chunk.frames;
  const left = chunkEnd - segmentStartFrame(gopFrames, firstSegment);
  if (left <= 0) return null;
  const few = left < FEW_PICTURES * Math.max(...renditions.map(({ frameStep }) => frameStep));
  const number = few ? Math.max(chunk.firstSegment, firstSegment - 1) : firstSegment;
  const startFrame = segmentStartFrame(gopFrames, number);
  return { firstSegment: number, startFrame, frames: chunkEnd - startFrame };
}
