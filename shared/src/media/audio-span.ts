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

/** What a worker announces that can encode a part of a track by itself. */
export const SPAN_CAPABILITY = 'audio-spans';

/** About how long a span is. Tracks that hold no two of them are encoded in one go. */
export const SPAN_MICROS = 300_000_000;

export const WHOLE_TRACK: AudioSpan = { firstSegment: 0, endSegment: null };

interface Track {
  frameRate: Fraction;
  gopFrames: number;
  durationMicros: number;
  span?: AudioSpan | undefined;
}

const MICROS = 1_000_000;

/** How long the sound of a task is. */
export function spanMicros({ span = WHOLE_TRACK, durationMicros, ...grid }: Track): number {
  const start = segmentStartTicks(grid, span.firstSegment, MICROS);
  const end = span.endSegment === null ? durationMicros : segmentStartTicks(grid, span.endSegment, MICROS);
  return Math.max(1, Math.min(end, durationMicros) - start);
}

/** A track in so many spans of equal length, but for a segment. Left out: those that would be empty. */
export function cutSpans(track: Omit<Track, 'span'>, count: number): AudioSpan[] {
  const segments = segmentCount(track);
  const firsts = Array.from({ length: count }, (_, i) => Math.floor((i * segments) / count));
  const distinct = [...new Set(firsts)];
  return distinct.map((firstSegment, i) => ({ firstSegment, endSegment: distinct[i + 1] ?? null }));
}

/** Segments on the video's grid that a track reaches into. */
export function segmentCount({ durationMicros, frameRate, gopFrames }: Omit<Track, 'span'>): number {
  const frames = mulDivRound(durationMicros, frameRate.num, frameRate.den * 1_000_000);
  let count = 1;
  while (segmentStartFrame(gopFrames, count) < frames) count += 1;
  return count;
}

/** Where segment `number` of the video begins, on a clock of so many ticks a second: of samples, say. */
export function segmentStartTicks(
  { frameRate, gopFrames }: Pick<Track, 'frameRate' | 'gopFrames'>,
  number: number,
  ticksPerSecond: number,
): number {
  return mulDivRound(segmentStartFrame(gopFrames, number), frameRate.den * ticksPerSecond, frameRate.num);
}
