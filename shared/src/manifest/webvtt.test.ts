import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Cue, cuesOfPiece, trimCues, webVttTime, writeWebVtt, writeWebVttSegment } from './webvtt.ts';

const SECOND = 1_000_000;

function cue(start: number, end: number, payload = 'text'): Cue {
  return { startMicros: start * SECOND, endMicros: end * SECOND, settings: '', payload };
}

test('a whole file', () => {
  const cues = [{ ...cue(1, 2.5, 'Hello\nworld'), settings: 'line:0' }, cue(3_723.004, 3_724)];
  expect(writeWebVtt(cues)).toBe(
    'WEBVTT\n\n00:00:01.000 --> 00:00:02.500 line:0\nHello\nworld\n\n01:02:03.004 --> 01:02:04.000\ntext\n',
  );
  expect(writeWebVtt([])).toBe('WEBVTT\n');
});

test('a piece says which time of the pictures its zero is', () => {
  expect(writeWebVttSegment([cue(1, 2)])).toBe(
    'WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n00:00:01.000 --> 00:00:02.000\ntext\n',
  );
  expect(writeWebVttSegment([])).toBe('WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n');
});

test('times of more than a hundred hours', () => {
  expect(webVttTime(100 * 3_600 * SECOND + 999_600)).toBe('100:00:01.000');
});

describe('the cues of a film that begins at 10 s and lasts 20 s', () => {
  const trim = (...cues: Cue[]) => trimCues(cues, { originMicros: 10 * SECOND, durationMicros: 20 * SECOND });

  test('count from its beginning', () => expect(trim(cue(12, 13))).toEqual([cue(2, 3)]));
  test('are cut where they begin before it', () => expect(trim(cue(8, 12))).toEqual([cue(0, 2)]));
  test('are cut where they outlast it', () => expect(trim(cue(28, 40))).toEqual([cue(18, 20)]));
  test('are left out before and after it', () => {
    expect(trim(cue(1, 10), cue(30, 31))).toEqual([]);
  });
  test('come in order, those of one time as they were', () => {
    expect(trim(cue(15, 16, 'c'), cue(12, 14, 'a'), cue(12, 13, 'b'))).toEqual([
      cue(2, 4, 'a'),
      cue(2, 3, 'b'),
      cue(5, 6, 'c'),
    ]);
  });
  test('show something, for some time, and once', () => {
    expect(trim(cue(12, 12), cue(14, 13), cue(12, 13, ''), cue(15, 16), cue(15, 16))).toEqual([cue(5, 6)]);
  });
});

const anyCue = fc
  .record({
    start: fc.integer({ min: -5_000, max: 400_000 }),
    length: fc.integer({ min: -100, max: 200_000 }),
    payload: fc.constantFrom('a', 'b', 'two\nlines'),
    settings: fc.constantFrom('', 'line:0'),
  })
  .map(({ start, length, payload, settings }): Cue => {
    return { startMicros: start * 1_000, endMicros: (start + length) * 1_000, settings, payload };
  });

test('what a player has after loading all pieces is the whole', () => {
  fc.assert(
    fc.property(
      fc.array(anyCue, { maxLength: 40 }),
      fc.integer({ min: 1, max: 400_000 }),
      fc.integer({ min: 500, max: 90_000 }),
      (cues, lengthMs, pieceMs) => {
        const durationMicros = lengthMs * 1_000;
        const pieceMicros = pieceMs * 1_000;
        const whole = trimCues(cues, { originMicros: 0, durationMicros });
        const count = Math.ceil(durationMicros / pieceMicros);
        const pieces = Array.from({ length: count }, (_, i) => cuesOfPiece(whole, pieceMicros, i));
        // Players tell cues that they have from new ones by their times and text.
        const loaded = new Map(pieces.flat().map((found) => [JSON.stringify(found), found]));
        expect([...loaded.values()].sort((a, b) => a.startMicros - b.startMicros)).toEqual(whole);
        for (const [i, piece] of pieces.entries()) {
          const [from, to] = [i * pieceMicros, (i + 1) * pieceMicros];
          const shown = whole.filter(({ startMicros, endMicros }) => startMicros < to && endMicros > from);
          expect(piece).toEqual(shown);
        }
      },
    ),
  );
});
