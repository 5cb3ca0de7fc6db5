import type { Cue } from '@millrace/shared/manifest/webvtt.ts';
import type { SubtitleText } from '../argv/subtitles.ts';
import { decodeText } from './decode-text.ts';
import { readAss } from './read-ass.ts';
import { readSrt, readVtt } from './read-timed-text.ts';

/** The cues of text that ffmpeg wrote. */
export function readStreamText(kind: SubtitleText, bytes: Uint8Array): Cue[] {
  const text = decodeText(bytes);
  switch (kind) {
    case 'srt':
      return readSrt(text);
    case 'ass':
      return readAss(text);
    case 'webvtt':
      return readVtt(text);
    default:
      return kind satisfies never;
  }
}

/** The cues of a file that somebody sent: what it begins with says what it is, not what it is called. */
export function readSidecar(bytes: Uint8Array): Cue[] {
  const text = decodeText(bytes);
  return /^\s*WEBVTT(?:\s|$)/.test(text) ? readVtt(text) : readSrt(text);
}
