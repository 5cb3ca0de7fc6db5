import { expect, test } from 'vitest';
import { frameStep, ladder } from './ladder.ts';
import { profileObject } from './profile.ts';
import { pictures } from './testing/media-infos.ts';

const RATE = { num: 25, den: 1 };

function rungsOf(size: { width: number; height: number }, renditions: unknown[], rate = RATE) {
  const profile = profileObject.parse({ renditions });
  return ladder(pictures(size), profile, rate);
}

const HD = { width: 1920, height: 1080 };

test('leaves out what is larger than the source, and keeps the shape', () => {
  const renditions = [{ height: 1080 }, { height: 2160 }, { height: 720 }, { height: 480 }];
  expect(rungsOf({ width: 1280, height: 720 }, renditions).map(sizeOf)).toEqual([
    '720p 1280x720',
    '480p 854x480',
  ]);
  expect(rungsOf({ width: 608, height: 1080 }, renditions).map(sizeOf)).toEqual(['480p 480x852']);
});

test('gives a source below every rung one rendition of its own size', () => {
  expect(rungsOf({ width: 320, height: 180 }, [{ height: 720 }, { height: 480 }]).map(sizeOf)).toEqual([
    '180p 320x180',
  ]);
  expect(rungsOf({ width: 2, height: 2 }, [{ height: 720 }]).map(sizeOf)).toEqual(['2p 2x2']);
});

test('names stay apart when codecs or bitrates share a height', () => {
  const rungs = rungsOf(HD, [
    { height: 1080 },
    { height: 720, bitrate_kbps: 3_000 },
    { height: 720, bitrate_kbps: 1_500 },
    { height: 1080, codec: 'av1' },
    { height: 480, codec: 'av1' },
  ]);
  expect(rungs.map(({ name }) => name)).toEqual(['1080p', '720p', '720p-2', '1080p-av1', '480p']);
});

test('a rate factor comes with a cap by height and codec; a bitrate with half as much again', () => {
  const [avc, hevc, abr, capped] = rungsOf(HD, [
    { height: 1080 },
    { height: 1080, codec: 'hevc' },
    { height: 720, bitrate_kbps: 2_000 },
    { height: 480, crf: 30, max_bitrate_kbps: 900 },
  ]).sort((a, b) => b.height - a.height || a.codec.localeCompare(b.codec));
  expect(avc).toMatchObject({ crf: 23, bitrateKbps: null, maxBitrateKbps: 7_000 });
  expect(hevc).toMatchObject({ crf: 26, maxBitrateKbps: 4_900 });
  expect(abr).toMatchObject({ crf: null, bitrateKbps: 2_000, maxBitrateKbps: 3_000 });
  expect(capped).toMatchObject({ crf: 30, maxBitrateKbps: 900 });
});

test.each([
  [25, 1, undefined, 1],
  [25, 1, 30, 1],
  [50, 1, 30, 2],
  [60, 1, 30, 2],
  [60_000, 1_001, 30, 2],
  [60_000, 1_001, 29.97, 2],
  [120, 1, 30, 4],
  [60, 1, 25, 3],
  [24, 1, 23.976, 1],
  [30, 1, 29.97, 1],
  [120, 1, 25, 6],
  [120, 1, 1, 192],
])('%d/%d at most %s a second is every %d. frame', (num, den, cap, step) => {
  expect(frameStep({ num, den }, cap)).toBe(step);
});

function sizeOf({ name, width, height }: { name: string; width: number; height: number }): string {
  return `${name} ${width}x${height}`;
}

test.each(['hevc', 'av1'])('%s is never asked for less than 64 lines', (codec) => {
  const sizes = (width: number, height: number, lines: number) =>
    rungsOf({ width, height }, [{ height: lines, codec }]).map((rung) => [rung.width, rung.height]);
  expect(sizes(34, 18, 480)).toEqual([[120, 64]]);
  expect(sizes(2, 2, 480)).toEqual([[64, 64]]);
  expect(sizes(640, 360, 32)).toEqual([[114, 64]]);
});
