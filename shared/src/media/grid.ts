import { z } from 'zod';
import { type Fraction, fraction, mulDivRound } from './fraction.ts';

/** Seconds between keyframes; every segment is a whole number of these. */
const GOP_SECONDS = 2;
/** GOPs in every segment but the first, which is one GOP long so that playback starts early. */
const SEGMENT_GOPS = 2;
const MAX_CHUNK_SEGMENTS = 4;
/** Sources up to this many GOPs are one chunk. */
const SINGLE_CHUNK_GOPS = 2;

/** A run of whole segments that one task encodes. */
export const chunk = z.object({
  index: z.int().nonnegative(),
  startFrame: z.int().nonnegative(),
  /** Exact number of frames, or null for the last chunk: it ends where the stream does. */
  frames: z.int().positive().nullable(),
  /** Number of its first segment. */
  firstSegment: z.int().nonnegative(),
  /** Frames of each planned segment; in the last chunk an estimate, the final segment may come out longer or shorter. */
  segmentFrames: z.array(z.int().positive()).min(1),
});
export type Chunk = z.infer<typeof chunk>;

/** The one cut of the timeline that all renditions share. All lengths in frames of `frameRate`. */
export const grid = z.object({
  frameRate: fraction,
  gopFrames: z.int().positive(),
  /** By what the source's headers and packets say; the last chunk has the last word. */
  totalFrames: z.int().positive(),
  chunks: z.array(chunk).min(1),
});
export type Grid = z.infer<typeof grid>;

/**
 * Cuts `totalFrames` into segments and chunks. `slots` is how many encodes can run at once: chunks get shorter when a
 * long chunk would leave a slot idle, never shorter than one segment.
 */
export function planGrid(frameRate: Fraction, totalFrames: number, slots: number): Grid {
  const gopFrames = Math.max(1, mulDivRound(GOP_SECONDS, frameRate.num, frameRate.den));
  const segments = cutSegments(totalFrames, gopFrames);
  const chunks: Chunk[] = [];
  let startFrame = 0;
  let firstSegment = 0;
  for (const count of chunkSizes(segments, gopFrames, totalFrames, slots)) {
    const segmentFrames = segments.slice(firstSegment, firstSegment + count);
    const frames = segmentFrames.reduce((sum, n) => sum + n, 0);
    const last = startFrame + frames === totalFrames;
    chunks.push({
      index: chunks.length,
      startFrame,
      frames: last ? null : frames,
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

function cutSegments(totalFrames: number, gopFrames: number): number[] {
  const segments: number[] = [];
  for (let start = 0; start < totalFrames; ) {
    const end = Math.min(totalFrames, segmentStartFrame(gopFrames, segments.length + 1));
    segments.push(end - start);
    start = end;
  }
  return segments;
}

/** Segments per chunk, in order. Adds up to all segments; a tail shorter than one GOP joins the chunk before. */
function chunkSizes(segments: number[], gopFrames: number, totalFrames: number, slots: number): number[] {
  if (totalFrames <= SINGLE_CHUNK_GOPS * gopFrames) return [segments.length];
  const rest = segments.length - 1;
  const perChunk = Math.min(MAX_CHUNK_SEGMENTS, Math.max(1, Math.ceil(rest / (2 * Math.max(1, slots)))));
  const sizes = [1];
  for (let left = rest; left > 0; left -= perChunk) sizes.push(Math.min(perChunk, left));
  const tailFrames = segments.at(-1) ?? 0;
  if (sizes.at(-1) === 1 && tailFrames < gopFrames && sizes.length > 1) {
    sizes.pop();
    sizes[sizes.length - 1] = (sizes.at(-1) ?? 0) + 1;
  }
  return sizes;
}
