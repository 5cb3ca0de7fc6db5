import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GridRequest, gopLength, planGrid, segmentStartFrame } from './grid.ts';

const frameRates = fc.constantFrom(
  ...[
    [24_000, 1_001],
    [24, 1],
    [25, 1],
    [30_000, 1_001],
    [50, 1],
    [60_000, 1_001],
    [120, 1],
    [1, 1],
    [15, 2],
    [47_952, 1_000],
  ].map(([num = 1, den = 1]) => ({ num, den })),
);

const requests: fc.Arbitrary<GridRequest> = fc
  .record({
    frameRate: frameRates,
    totalFrames: fc.oneof(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 100_000 })),
    slots: fc.integer({ min: 0, max: 2_000 }),
    multiple: fc.constantFrom(1, 2, 3, 4, 6),
    exactEnd: fc.boolean(),
  })
  .map(({ multiple, ...request }) => ({ ...request, gopFrames: gopLength(request.frameRate, multiple) }));

test('frames add up, and every chunk and segment begins where the one before ends', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const { chunks } = planGrid(request);
      let frame = 0;
      let segment = 0;
      for (const chunk of chunks) {
        expect(chunk.startFrame).toBe(frame);
        expect(chunk.firstSegment).toBe(segment);
        expect(chunk.startFrame).toBe(segmentStartFrame(request.gopFrames, segment));
        const frames = chunk.segmentFrames.reduce((sum, n) => sum + n, 0);
        const isLast = chunk === chunks.at(-1);
        expect(chunk.frames).toBe(isLast && !request.exactEnd ? null : frames);
        frame += frames;
        segment += chunk.segmentFrames.length;
      }
      expect(frame).toBe(request.totalFrames);
    }),
  );
});

test('every segment but the last is whole GOPs: one at first, then two', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const lengths = planGrid(request).chunks.flatMap((chunk) => chunk.segmentFrames);
      const [first = 0, ...rest] = lengths;
      const last = lengths.at(-1) ?? 0;
      if (rest.length > 0) expect(first).toBe(request.gopFrames);
      for (const length of rest.slice(0, -1)) expect(length).toBe(2 * request.gopFrames);
      expect(last).toBeLessThanOrEqual(2 * request.gopFrames);
    }),
  );
});

test('the first chunk is one GOP, unless the film is as short as two; no chunk is shorter than a GOP', () => {
  fc.assert(
    fc.property(requests, (request) => {
      const { chunks } = planGrid(request);
      if (request.totalFrames <= 2 * request.gopFrames) {
        expect(chunks).toHaveLength(1);
        return;
      }
      expect(chunks[0]?.segmentFrames).toHaveLength(1);
      for (const chunk of chunks) {
        expect(chunk.segmentFrames.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(request.gopFrames);
      }
    }),
  );
});

test('a GOP is about two seconds and a multiple of what was asked', () => {
  fc.assert(
    fc.property(frameRates, fc.constantFrom(1, 2, 3, 4, 6), (rate, multiple) => {
      const frames = gopLength(rate, multiple);
      expect(frames % multiple).toBe(0);
      const wanted = (2 * rate.num) / rate.den;
      expect(Math.abs(frames - wanted)).toBeLessThanOrEqual(2 * multiple);
      expect(frames / multiple).toBeGreaterThanOrEqual(2);
    }),
  );
});

/** Seconds of each chunk. */
function cut(seconds: number, slots: number): number[] {
  const frameRate = { num: 25, den: 1 };
  const grid = planGrid({ frameRate, totalFrames: seconds * 25, slots, gopFrames: 50, exactEnd: true });
  return grid.chunks.map((chunk) => (chunk.frames ?? 0) / 25);
}

test('chunks grow, stay long, and shrink', () => {
  expect(cut(180, 2)).toEqual([2, 4, 8, 16, 32, 40, 28, 20, 12, 8, 4, 4, 2]);
});

test('a small fleet gets minutes of a long film, a large one gets every segment apart', () => {
  expect(Math.max(...cut(3_600, 2))).toBe(60);
  const large = cut(3_600, 1_000);
  expect(Math.max(...large)).toBe(4);
  expect(large).toHaveLength(901);
});

test('work comes to an end on all slots at about the same time', () => {
  for (const slots of [1, 2, 3, 8, 20]) {
    const free = Array.from({ length: slots }, () => 0);
    for (const seconds of cut(3_600, slots)) {
      const next = free.indexOf(Math.min(...free));
      free[next] = (free[next] ?? 0) + seconds;
    }
    expect(Math.max(...free) - Math.min(...free)).toBeLessThanOrEqual(Math.max(16, (0.05 * 3_600) / slots));
  }
});
