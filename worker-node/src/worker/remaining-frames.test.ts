import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { expect, test } from 'vitest';
import { remainingFrames } from './remaining-frames.ts';

type Needed = Pick<EncodeVideoSpec, 'chunk' | 'renditions' | 'gopFrames'>;

/** Segments 1 to 3 of a film with GOPs of 50 frames, in two renditions. */
const CHUNK: Needed = {
  gopFrames: 50,
  chunk: { index: 1, startFrame: 50, frames: 300, firstSegment: 1, segmentFrames: [100, 100, 100] },
  renditions: ['720p', '480p'].map((name, i) => ({
    ...{ name, codec: 'h264', width: 2, height: 2, crf: 23, bitrateKbps: null, maxBitrateKbps: 1 },
    frameStep: 1 + i,
  })),
};
const both = (...numbers: number[]) => new Set(numbers.flatMap((n) => [`720p/${n}`, `480p/${n}`]));

test('nothing announced: all of it', () => {
  expect(remainingFrames(CHUNK, new Set())).toEqual({ firstSegment: 1, startFrame: 50, frames: 300 });
});

test('it goes on at the first segment that one rendition lacks', () => {
  const announced = new Set([...both(1, 3), '720p/2']);
  expect(remainingFrames(CHUNK, announced)).toEqual({ firstSegment: 2, startFrame: 150, frames: 200 });
});

test('all announced: nothing', () => {
  expect(remainingFrames(CHUNK, both(1, 2, 3))).toBeNull();
});

test('an open end is made again from the last announced segment on', () => {
  const open = { ...CHUNK, chunk: { ...CHUNK.chunk, frames: null } };
  expect(remainingFrames(open, both(1, 2))).toEqual({ firstSegment: 2, startFrame: 150, frames: null });
  expect(remainingFrames(open, new Set())).toEqual({ firstSegment: 1, startFrame: 50, frames: null });
});

test('an end that is cut inside a segment is an end', () => {
  const cut = { ...CHUNK, chunk: { ...CHUNK.chunk, frames: 217, segmentFrames: [100, 100, 17] } };
  expect(remainingFrames(cut, both(1, 2))).toEqual({ firstSegment: 3, startFrame: 250, frames: 17 });
  expect(remainingFrames(cut, both(1, 2, 3))).toBeNull();
});
