import { expect, test } from 'vitest';
import { fence, QUIET } from './input.ts';
import { type StreamOfSource, subtitlesArgv, subtitleText } from './subtitles.ts';

const URL = 'http://127.0.0.1:4000/token';

function from(codec: string): StreamOfSource {
  return {
    source: {
      ...{ key: 'uploads/p/u/film.mkv', sizeBytes: 1_000, etag: '"e"', demuxer: 'matroska' },
      ...{ containerStartMicros: 83_000, originMicros: 5_083_000 },
    },
    stream: { index: 2, codec, language: null, title: null, isDefault: false, forced: false },
  };
}

const BEFORE = [...QUIET, ...fence({ url: URL, demuxer: 'matroska' })];
const INPUT = ['-copyts', '-t', '65.000000', '-i', URL, '-map', '0:s:2'];
const AFTER = [
  ...['-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'],
  ...['-avoid_negative_ts', 'disabled', '-f'],
];

test.each([
  ['subrip', 'srt'],
  ['ass', 'ass'],
  ['webvtt', 'webvtt'],
])('%s is copied, and no decoder may open it', (codec, muxer) => {
  const argv = [...BEFORE, ...INPUT, '-c:s', 'copy', ...AFTER, muxer, 'pipe:3'];
  expect(subtitlesArgv(from(codec), 60_000_000, URL)).toEqual(argv);
});

test('Timed Text is decoded by the one decoder of it', () => {
  const whitelist = ['-codec_whitelist:s', 'mov_text'];
  const argv = [...BEFORE, ...whitelist, ...INPUT, '-c:s', 'webvtt', ...AFTER, 'webvtt', 'pipe:3'];
  expect(subtitlesArgv(from('mov_text'), 60_000_000, URL)).toEqual(argv);
});

test('pictures of text are no text', () => {
  expect(['hdmv_pgs_subtitle', 'dvd_subtitle', 'toString'].map(subtitleText)).toEqual([null, null, null]);
});
