import { CODEC_WHITELIST } from '../codecs.ts';
import { FORMAT_WHITELIST } from '../formats.ts';
import { DEMUXER_MAX_STREAMS, LIMITS } from '../limits.ts';

/** Where ffmpeg reads from: the loopback reader, or a file that we wrote ourselves. */
export interface Input {
  url: string;
  /** Null only for the very first look; forced ever after. */
  demuxer: string | null;
}

/** What every reading of a source is fenced with. A playlist in disguise opens nothing. */
export function fence(input: Input): string[] {
  return [
    ...['-protocol_whitelist', input.url.startsWith('http:') ? 'http,tcp' : 'file'],
    ...['-format_whitelist', FORMAT_WHITELIST],
    ...['-codec_whitelist', CODEC_WHITELIST],
    ...['-max_streams', String(DEMUXER_MAX_STREAMS)],
    ...['-max_pixels', String(LIMITS.pixels)],
    ...['-probesize', String(LIMITS.probeBytes)],
    ...['-analyzeduration', String(LIMITS.analyzeMicros)],
    ...(input.demuxer === null ? [] : ['-f', input.demuxer]),
  ];
}

/** Before every ffmpeg command: no prompts, no banner, progress on descriptor 1, log on 2. */
export const QUIET = [
  '-nostdin',
  '-hide_banner',
  ...['-loglevel', 'level+warning'],
  ...['-progress', 'pipe:1'],
  ...['-stats_period', '0.5'],
];

/**
 * A filter graph on so many threads; 0: as many as there are cores, which is ffmpeg's own way. Where each slot has a command
 * of its own, cutting every picture up for all cores costs 3 % of an encode and gains nothing. The pictures are the same.
 */
export function filterGraph(graph: string, threads: number): string[] {
  return ['-filter_complex_threads', String(threads), '-filter_complex', graph];
}

/** On every output: phones write where they were into the metadata. */
export const STRIPPED = ['-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'];

/** Seconds with six decimals, as ffmpeg's options take them. */
export function secondsText(micros: number): string {
  const sign = micros < 0 ? '-' : '';
  const digits = String(Math.abs(micros)).padStart(7, '0');
  return `${sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
