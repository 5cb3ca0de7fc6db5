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
    const ends = endsOf(cut(3_600, slots), slots);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThanOrEqual(Math.max(16, (0.05 * 3_600) / slots));
  }
});

test.each([
  [2, 1.02],
  [8, 1.02],
  [32, 1.07],
])(
  'though scenes cost what they cost: on %i slots an hour takes at most %f of its even share',
  (slots, limit) => {
    const random = randomNumbers(7);
    const chunks = cut(3_600, slots);
    const shares = Array.from({ length: 100 }, () => {
      const costs = scenes(random, 3_600);
      const whole = costs.reduce((sum, cost) => sum + cost, 0);
      let start = 0;
      const work = chunks.map((seconds) => {
        const own = costs.slice(start, start + seconds).reduce((sum, cost) => sum + cost, 0);
        start += seconds;
        return own + CHUNK_COST_SECONDS;
      });
      return (Math.max(...endsOf(work, slots)) * slots) / whole;
    });
    expect(shares.reduce((sum, share) => sum + share, 0) / shares.length).toBeLessThan(limit);
  },
);

/** When each slot is through, if whoever is free takes the next. */
function endsOf(work: readonly number[], slots: number): number[] {
  const free = Array.from({ length: slots }, () => 0);
  for (const seconds of work) {
    const next = free.indexOf(Math.min(...free));
    free[next] = (free[next] ?? 0) + seconds;
  }
  return free;
}

/** What a chunk costs besides its pictures, where a second of film is a second of work. */
const CHUNK_COST_SECONDS = 0.4;

/** The cost of each second of a film whose scenes last half a minute in the mean; the dearest cost some thirty times the cheapest. */
function scenes(random: () => number, seconds: number): number[] {
  let cost = 1;
  return Array.from({ length: seconds }, () => {
    if (random() < 1 / 30) cost = Math.exp((random() + random() + random() - 1.5) * 1.2);
    return cost;
  });
}

/** Numbers from 0 to 1, the same ones every time: a linear congruential generator. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}
