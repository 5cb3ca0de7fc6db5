import { z } from 'zod';
import { type Fraction, mulDivRound } from './fraction.ts';
import { segmentStartFrame } from './grid.ts';

/** A run of segments of one track that one task encodes. */
export const audioSpan = z.object({
  firstSegment: z.int().nonnegative(),
  /** Number of the segment after the last; null where the span ends with the sound. */
  endSegment: z.int().positive().nullable(),
});
export type AudioSpan = z.infer<typeof audioSpan>;

export const WHOLE_TRACK: AudioSpan = { firstSegment: 0, endSegment: null };

interface Track {
  frameRate: Fraction;
  gopFrames: number;
  durationMicros: number;
  span?: AudioSpan | undefined;
}

/** How long the sound of a task is. */
export function spanMicros({ span = WHOLE_TRACK, durationMicros, ...grid }: Track): number {
  const start = segmentStartMicros(grid, span.firstSegment);
  const end = span.endSegment === null ? durationMicros : segmentStartMicros(grid, span.endSegment);
  return Math.max(1, Math.min(end, durationMicros) - start);
}

/** A track in so many spans of equal length, but for a segment. Left out: those that would be empty. */
export function cutSpans({ durationMicros, ...grid }: Omit<Track, 'span'>, count: number): AudioSpan[] {
  let segments = 1;
  while (segmentStartMicros(grid, segments) < durationMicros) segments += 1;
  const firsts = Array.from({ length: count }, (_, i) => Math.floor((i * segments) / count));
  const distinct = [...new Set(firsts)];
  return distinct.map((firstSegment, i) => ({ firstSegment, endSegment: distinct[i + 1] ?? null }));
}

function segmentStartMicros(
  { frameRate, gopFrames }: Pick<Track, 'frameRate' | 'gopFrames'>,
  number: number,
) {
  return mulDivRound(segmentStartFrame(gopFrames, number), frameRate.den * 1_000_000, frameRate.num);
}
