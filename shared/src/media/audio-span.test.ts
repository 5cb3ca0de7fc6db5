import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutSpans, spanMicros } from './audio-span.ts';

const tracks = fc.record({
  frameRate: fc.constantFrom({ num: 24_000, den: 1_001 }, { num: 25, den: 1 }, { num: 60, den: 1 }),
  gopFrames: fc.integer({ min: 2, max: 120 }),
  durationMicros: fc.integer({ min: 1, max: 600_000_000 }),
});

test('spans follow each other from the first segment to the end, none empty, and make up the track', () => {
  fc.assert(
    fc.property(tracks, fc.integer({ min: 1, max: 40 }), (track, count) => {
      const spans = cutSpans(track, count);
      expect(spans.length).toBeLessThanOrEqual(count);
      expect(spans[0]?.firstSegment).toBe(0);
      expect(spans.at(-1)?.endSegment).toBeNull();
      for (const [i, span] of spans.slice(1).entries()) {
        expect(span.firstSegment).toBe(spans[i]?.endSegment);
        expect(span.firstSegment).toBeGreaterThan(spans[i]?.firstSegment ?? 0);
      }
      const lengths = spans.map((span) => spanMicros({ ...track, span }));
      for (const length of lengths) expect(length).toBeGreaterThan(0);
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(track.durationMicros);
    }),
  );
});

test('without a span it is the whole track', () => {
  expect(spanMicros({ frameRate: { num: 25, den: 1 }, gopFrames: 50, durationMicros: 7_000_000 })).toBe(
    7_000_000,
  );
});
