import { Refusal } from '../refusal.ts';

export const SUBTITLE_FORMATS = ['srt', 'vtt'] as const;
export type SubtitleFormat = (typeof SUBTITLE_FORMATS)[number];

/** Text of a film's length is some hundred kilobytes. */
export const MAX_SUBTITLE_BYTES = 8 * 1024 ** 2;

/** What a file of subtitles is by its name, or by its key, which ends as the name does; null for any other file. */
export function subtitleFormat(name: string): SubtitleFormat | null {
  const end = name.toLowerCase().split('.').at(-1);
  return SUBTITLE_FORMATS.find((format) => format === end) ?? null;
}

export function requireSubtitleSize(filename: string, sizeBytes: number): void {
  if (subtitleFormat(filename) === null || sizeBytes <= MAX_SUBTITLE_BYTES) return;
  throw new Refusal(
    'source_too_large',
    `A file of subtitles may have at most ${MAX_SUBTITLE_BYTES} bytes, not ${sizeBytes}.`,
  );
}

/** Whether a file begins as its format does. */
export function looksLikeSubtitles(format: SubtitleFormat, start: Uint8Array): boolean {
  const text = asciiOf(start);
  if (text.includes('\u0000')) return false;
  switch (format) {
    case 'vtt':
      return /^WEBVTT(?:[ \t\r\n]|$)/.test(text);
    case 'srt':
      return /\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}[ \t]*-->/.test(text);
    default:
      return format satisfies never;
  }
}

/** What is ASCII in a text of any usual encoding: bytes without a byte order mark, and without the empty halves of UTF-16. */
function asciiOf(start: Uint8Array): string {
  const wide = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  const marked = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf;
  const bytes = wide ? start.subarray(2).filter((byte) => byte !== 0) : start.subarray(marked ? 3 : 0);
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
