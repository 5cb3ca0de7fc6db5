import { type Fraction, mulDivRound } from './fraction.ts';

/**
 * Every track's time zero lies this many seconds into the media timeline: reordered video starts decoding before its
 * first picture, AAC before its first sample, and a decode time cannot be negative.
 */
export const BASE_SECONDS = 10;

const MIN_TIMESCALE = 10_000;
const MICROS = 1_000_000;

/** Ticks per second of a video track: a frame is a whole number of them. */
export function videoTimescale(frameRate: Fraction): number {
  let timescale = frameRate.num;
  while (timescale < MIN_TIMESCALE) timescale *= 2;
  return timescale;
}

/** Ticks of `videoTimescale` that one frame lasts. */
export function frameTicks(frameRate: Fraction): number {
  return (videoTimescale(frameRate) / frameRate.num) * frameRate.den;
}

/** Microseconds from time zero to the start of frame `frame`, rounded. */
export function frameMicros(frameRate: Fraction, frame: number): number {
  return mulDivRound(frame, frameRate.den * MICROS, frameRate.num);
}
