import { expect, test } from 'vitest';
import { looksLikeSubtitles, subtitleFormat } from './recognise-subtitles.ts';

const SRT = '1\r\n00:00:01,000 --> 00:00:02,500\r\nHello\r\n';
const bytes = (text: string) => new TextEncoder().encode(text);
const wide = (text: string, littleEndian: boolean) => {
  const units = [0xfeff, ...Array.from(text, (c) => c.charCodeAt(0))];
  return Uint8Array.from(units.flatMap((u) => (littleEndian ? [u & 255, u >> 8] : [u >> 8, u & 255])));
};

test.each([
  ['film.srt', 'srt'],
  ['film.EN.VTT', 'vtt'],
  ['uploads/default/1/film.vtt', 'vtt'],
  ['film.ass', null],
  ['srt', 'srt'],
  ['film.srt.mp4', null],
])('the name of %s says %s', (name, format) => {
  expect(subtitleFormat(name)).toBe(format);
});

test.each([
  ['SubRip', 'srt', bytes(SRT)],
  ['SubRip behind a mark', 'srt', bytes(`\ufeff${SRT}`)],
  ['SubRip in Latin-1', 'srt', Uint8Array.from([...bytes(SRT), 0xe9, 0x0a])],
  ['SubRip in UTF-16', 'srt', wide(SRT, true)],
  ['SubRip in UTF-16, the other way round', 'srt', wide(SRT, false)],
  ['WebVTT', 'vtt', bytes('WEBVTT\n\n00:01.000 --> 00:02.000\nHi\n')],
  ['WebVTT without a cue', 'vtt', bytes('WEBVTT')],
  ['WebVTT behind a mark', 'vtt', bytes('\ufeffWEBVTT - title\r\n')],
] as const)('%s is taken', (_what, format, start) => {
  expect(looksLikeSubtitles(format, start)).toBe(true);
});

test.each([
  ['a film', 'srt', Uint8Array.from([0, 0, 0, 24, ...bytes('ftypisom'), 0, 0, 0, 0])],
  ['a page', 'vtt', bytes('<html>WEBVTT</html>')],
  ['WebVTT by half a name', 'vtt', bytes('WEBVTTX')],
  ['a text without times', 'srt', bytes('Hello')],
  ['bytes around a time', 'srt', Uint8Array.from([0, 1, 2, ...bytes(SRT)])],
] as const)('%s is not', (_what, format, start) => {
  expect(looksLikeSubtitles(format, start)).toBe(false);
});
