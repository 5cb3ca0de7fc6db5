import type { Fraction } from '../media/fraction.ts';

/** HLS playlists (RFC 8216bis) as text from data. URIs are relative to the playlist that names them. */

export interface VariantStream {
  /** Folder of its media playlist. */
  name: string;
  width: number;
  height: number;
  /** RFC 6381 codecs of the video and of the audio it plays with. */
  codecs: string[];
  frameRate: Fraction;
  /** Peak and average bits per second, with the audio it plays with. */
  bandwidth: number;
  averageBandwidth: number | null;
}

export interface AudioGroupMember {
  track: string;
  label: string;
  language: string | null;
  channels: number;
  isDefault: boolean;
}

export function multivariantPlaylist(
  variants: readonly VariantStream[],
  audio: readonly AudioGroupMember[],
): string {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS', '#EXT-X-START:TIME-OFFSET=0'];
  for (const member of audio) lines.push(audioMedia(member));
  for (const variant of variants) {
    lines.push(streamInf(variant, audio.length > 0), `${variant.name}/${PLAYLIST_NAME}`);
  }
  return `${lines.join('\n')}\n`;
}

export interface MediaPlaylist {
  /** EVENT while segments are still added, VOD when all are there. */
  type: 'EVENT' | 'VOD';
  initUri: string;
  /** In order, from the first: `length` in units of `unitsPerSecond`. */
  segments: readonly { uri: string; length: number }[];
  unitsPerSecond: Fraction;
  /** The longest a segment of the presentation can be, in seconds; equal in all playlists and for their whole life. */
  targetDurationSeconds: number;
}

export function mediaPlaylist(playlist: MediaPlaylist): string {
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${playlist.targetDurationSeconds}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${playlist.type}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-MAP:URI="${playlist.initUri}"`,
  ];
  for (const segment of playlist.segments) {
    lines.push(`#EXTINF:${seconds(segment.length, playlist.unitsPerSecond)},`, segment.uri);
  }
  if (playlist.type === 'VOD') lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

export const MULTIVARIANT_NAME = 'master.m3u8';
export const PLAYLIST_NAME = 'playlist.m3u8';

function audioMedia(member: AudioGroupMember): string {
  return `#EXT-X-MEDIA:${attributes([
    ['TYPE', 'AUDIO'],
    ['GROUP-ID', '"audio"'],
    ['NAME', quoted(member.label)],
    ...(member.language ? [['LANGUAGE', quoted(member.language)] as const] : []),
    ['DEFAULT', member.isDefault ? 'YES' : 'NO'],
    ['AUTOSELECT', 'YES'],
    ['CHANNELS', `"${member.channels}"`],
    ['URI', `"${member.track}/${PLAYLIST_NAME}"`],
  ])}`;
}

function streamInf(variant: VariantStream, hasAudio: boolean): string {
  return `#EXT-X-STREAM-INF:${attributes([
    ['BANDWIDTH', String(variant.bandwidth)],
    ...(variant.averageBandwidth ? [['AVERAGE-BANDWIDTH', String(variant.averageBandwidth)] as const] : []),
    ['CODECS', `"${variant.codecs.join(',')}"`],
    ['RESOLUTION', `${variant.width}x${variant.height}`],
    ['FRAME-RATE', (variant.frameRate.num / variant.frameRate.den).toFixed(3)],
    ...(hasAudio ? [['AUDIO', '"audio"'] as const] : []),
    ['CLOSED-CAPTIONS', 'NONE'],
  ])}`;
}

function attributes(list: readonly (readonly [string, string])[]): string {
  return list.map(([name, value]) => `${name}=${value}`).join(',');
}

/** A quoted-string holds neither quotes nor line breaks. */
function quoted(text: string): string {
  return `"${text.replace(/["\r\n]/g, ' ')}"`;
}

/** Six decimals, rounded from the exact fraction. */
function seconds(length: number, unitsPerSecond: Fraction): string {
  const micros = (BigInt(length) * BigInt(unitsPerSecond.den) * 2_000_000n) / BigInt(unitsPerSecond.num);
  const rounded = (micros + 1n) / 2n;
  return `${rounded / 1_000_000n}.${String(rounded % 1_000_000n).padStart(6, '0')}`;
}
