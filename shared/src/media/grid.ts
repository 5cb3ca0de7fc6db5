import { z } from 'zod';
import { type Fraction, fraction, mulDivRound } from './fraction.ts';

/** Seconds between keyframes; every segment is a whole number of these. */
const GOP_SECONDS = 2;
/** GOPs in every segment but the first, which is one GOP long so that playback starts early. */
const SEGMENT_GOPS = 2;
/** A minute: what a chunk costs besides its pictures (an ffmpeg, finding its place) is then about 1 %. */
const MAX_CHUNK_SEGMENTS = 15;
/** Sources up to this many GOPs are one chunk. */
const SINGLE_CHUNK_GOPS = 2;

/** A run of whole segments that one task encodes. */
export const chunk = z.object({
  index: z.int().nonnegative(),
  startFrame: z.int().nonnegative(),
  /** Exact number of frames, or null for a last chunk that ends where the stream does. */
  frames: z.int().positive().nullable(),
  /** Number of its first segment. */
  firstSegment: z.int().nonnegative(),
  /** Frames of each planned segment; in an open last chunk an estimate, the final segment may come out longer or shorter. */
  segmentFrames: z.array(z.int().positive()).min(1),
});
export type Chunk = z.infer<typeof chunk>;

/** Frames that a chunk is planned to have: an estimate where it is open to the end. */
export function plannedFrames({ segmentFrames }: Pick<Chunk, 'segmentFrames'>): number {
  return segmentFrames.reduce((sum, frames) => sum + frames, 0);
}

/** The one cut of the timeline that all renditions share. All lengths in frames of `frameRate`. */
export const grid = z.object({
  frameRate: fraction,
  gopFrames: z.int().positive(),
  /** By what the source's headers and packets say; an open last chunk has the last word. */
  totalFrames: z.int().positive(),
  chunks: z.array(chunk).min(1),
});
export type Grid = z.infer<typeof grid>;

export interface GridRequest {
  frameRate: Fraction;
  totalFrames: number;
  /** How many encodes can run at once. */
  slots: number;
  /** See `gopLength`. */
  gopFrames: number;
  /** The result ends after exactly `totalFrames`, also when the source goes on. */
  exactEnd: boolean;
}

/**
 * Cuts a timeline into segments and chunks. Early chunks are short, so that what can be played grows on all slots at
 * once; then as long as leaves work for every slot; and short again towards the end, so that no slot waits for another.
 */
export function planGrid(request: GridRequest): Grid {
  const { frameRate, gopFrames, totalFrames, slots, exactEnd } = request;
  const segments = cutSegments(totalFrames, gopFrames);
  const chunks: Chunk[] = [];
  let startFrame = 0;
  let firstSegment = 0;
  for (const count of chunkSizes(segments, gopFrames, totalFrames, slots)) {
    const segmentFrames = segments.slice(firstSegment, firstSegment + count);
    const frames = plannedFrames({ segmentFrames });
    const last = startFrame + frames === totalFrames;
    chunks.push({
      index: chunks.length,
      startFrame,
      frames: last && !exactEnd ? null : frames,
      firstSegment,
      segmentFrames,
    });
    startFrame += frames;
    firstSegment += count;
  }
  return { frameRate, gopFrames, totalFrames, chunks };
}

/** First frame of segment `number`. */
export function segmentStartFrame(gopFrames: number, number: number): number {
  return number === 0 ? 0 : gopFrames * (1 + (number - 1) * SEGMENT_GOPS);
}

/**
 * Frames of a GOP: about two seconds, a multiple of what renditions of fewer frames need, and at least two frames of
 * each: SVT-AV1 makes one keyframe and no second of GOPs of one.
 */
export function gopLength({ num, den }: Fraction, multiple: number): number {
  return multiple * Math.max(2, mulDivRound(GOP_SECONDS, num, den * multiple));
}

function cutSegments(totalFrames: number, gopFrames: number): number[] {
  const segments: number[] = [];
  for (let start = 0; start < totalFrames; ) {
    const end = Math.min(totalFrames, segmentStartFrame(gopFrames, segments.length + 1));
    segments.push(end - start);
    start = end;
  }
  return segments;
}

/**
 * Into how many chunks of equal length the rest of a film would be cut: the last ones are short, so that all slots end
 * together. The more slots there are, the further the slowest of their last chunks lies above the mean.
 */
function chunksOfRest(slots: number): number {
  const count = Math.max(1, slots);
  return count * (1 + Math.log2(count) / 2);
}

/** Segments per chunk, in order. Adds up to all segments; a tail shorter than one GOP joins the chunk before. */
function chunkSizes(segments: number[], gopFrames: number, totalFrames: number, slots: number): number[] {
  if (totalFrames <= SINGLE_CHUNK_GOPS * gopFrames) return [segments.length];
  const sizes = [1];
  let left = segments.length - 1;
  for (let early = 1; left > 0; early *= 2) {
    const share = Math.ceil(left / chunksOfRest(slots));
    const size = Math.min(left, early, MAX_CHUNK_SEGMENTS, share);
    sizes.push(size);
    left -= size;
  }
  const tailFrames = segments.at(-1) ?? 0;
  if (sizes.at(-1) === 1 && tailFrames < gopFrames && sizes.length > 1) {
    sizes.pop();
    sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + 1;
  }
  return sizes;
}
