import { type Fraction, toNumber } from '../media/fraction.ts';

/** HLS playlists (RFC 8216bis) as text from data. URIs are relative to the playlist that names them. */

export const MULTIVARIANT_NAME = 'master.m3u8';
export const PLAYLIST_NAME = 'playlist.m3u8';
export const I_FRAMES_NAME = 'iframes.m3u8';
export const HLS_TYPE = 'application/vnd.apple.mpegurl';

/** One of the tracks that a viewer chooses from. */
export interface MediaOption {
  type: 'AUDIO' | 'SUBTITLES' | 'CLOSED-CAPTIONS';
  groupId: string;
  name: string;
  language: string | null;
  isDefault: boolean;
  /** A player may choose it by the viewer's language. */
  autoselect: boolean;
  /** Of subtitles. */
  forced?: boolean;
  /** Of audio. */
  channels?: number;
  /** Null for captions, which lie in the pictures: their channel. */
  source: { uri: string } | { instreamId: string };
}

export interface VariantStream {
  uri: string;
  /** Peak and average bits per second, with the audio it plays with. */
  bandwidth: number;
  averageBandwidth: number | null;
  /** RFC 6381 codecs of the pictures, then of the audio it plays with. */
  codecs: string[];
  /** Null for sound alone. */
  pictures: { width: number; height: number; frameRate: Fraction } | null;
  audioGroup: string | null;
  subtitleGroup: string | null;
  /** Of captions; 'NONE' where no variant has any, null for one beside variants that have. */
  captionGroup: string | 'NONE' | null;
}

/** A rendition's keyframes alone. */
export interface IFrameStream {
  uri: string;
  bandwidth: number;
  averageBandwidth: number | null;
  codecs: string;
  width: number;
  height: number;
}

export interface MultivariantPlaylist {
  media: readonly MediaOption[];
  variants: readonly VariantStream[];
  iFrames: readonly IFrameStream[];
}

export function multivariantPlaylist({ media, variants, iFrames }: MultivariantPlaylist): string {
  return text([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-START:TIME-OFFSET=0',
    ...media.map(mediaTag),
    ...variants.flatMap((variant) => [streamTag(variant), variant.uri]),
    ...iFrames.map(iFrameTag),
  ]);
}

export interface MediaPlaylist {
  /** EVENT while segments are still added, VOD when all are there. */
  type: 'EVENT' | 'VOD';
  /** Null where segments stand for themselves, as those of text do. */
  initUri: string | null;
  /** In order, from the first: `length` in units of `unitsPerSecond`. */
  segments: readonly MediaSegment[];
  unitsPerSecond: Fraction;
  /** No segment is longer in whole seconds; the same for the playlist's whole life. */
  targetDurationSeconds: number;
}

export interface MediaSegment {
  uri: string;
  length: number;
  /** In a playlist of keyframes: bytes from the segment's beginning to the end of its first picture. */
  keyBytes?: number;
}

export function mediaPlaylist(playlist: MediaPlaylist): string {
  const { type, initUri, segments, unitsPerSecond, targetDurationSeconds } = playlist;
  const keyframesAlone = segments.some(({ keyBytes }) => keyBytes !== undefined);
  return text([
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${targetDurationSeconds}`,
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-PLAYLIST-TYPE:${type}`,
    keyframesAlone ? '#EXT-X-I-FRAMES-ONLY' : '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(initUri === null ? [] : [`#EXT-X-MAP:URI=${quoted(initUri)}`]),
    ...segments.flatMap(({ uri, length, keyBytes }) => [
      `#EXTINF:${seconds(length, unitsPerSecond)},`,
      ...(keyBytes === undefined ? [] : [`#EXT-X-BYTERANGE:${keyBytes}@0`]),
      uri,
    ]),
    ...(type === 'VOD' ? ['#EXT-X-ENDLIST'] : []),
  ]);
}

function mediaTag(option: MediaOption): string {
  const { type, groupId, name, language, isDefault, autoselect, forced, channels, source } = option;
  return tag('EXT-X-MEDIA', [
    ['TYPE', type],
    ['GROUP-ID', quoted(groupId)],
    ['NAME', quoted(name)],
    ['LANGUAGE', language && quoted(language)],
    ['DEFAULT', yesNo(isDefault)],
    ['AUTOSELECT', yesNo(autoselect)],
    ['FORCED', forced === undefined ? null : yesNo(forced)],
    ['CHANNELS', channels === undefined ? null : quoted(String(channels))],
    'uri' in source ? ['URI', quoted(source.uri)] : ['INSTREAM-ID', quoted(source.instreamId)],
  ]);
}

function streamTag(variant: VariantStream): string {
  const { pictures, audioGroup, subtitleGroup, captionGroup } = variant;
  return tag('EXT-X-STREAM-INF', [
    ['BANDWIDTH', String(variant.bandwidth)],
    ['AVERAGE-BANDWIDTH', variant.averageBandwidth === null ? null : String(variant.averageBandwidth)],
    ['CODECS', quoted(variant.codecs.join(','))],
    ['RESOLUTION', pictures && `${pictures.width}x${pictures.height}`],
    ['FRAME-RATE', pictures && toNumber(pictures.frameRate).toFixed(3)],
    ['VIDEO-RANGE', pictures && 'SDR'],
    ['AUDIO', audioGroup && quoted(audioGroup)],
    ['SUBTITLES', subtitleGroup && quoted(subtitleGroup)],
    ['CLOSED-CAPTIONS', captionGroup === 'NONE' ? 'NONE' : captionGroup && quoted(captionGroup)],
  ]);
}

function iFrameTag(stream: IFrameStream): string {
  return tag('EXT-X-I-FRAME-STREAM-INF', [
    ['BANDWIDTH', String(stream.bandwidth)],
    ['AVERAGE-BANDWIDTH', stream.averageBandwidth === null ? null : String(stream.averageBandwidth)],
    ['CODECS', quoted(stream.codecs)],
    ['RESOLUTION', `${stream.width}x${stream.height}`],
    ['VIDEO-RANGE', 'SDR'],
    ['URI', quoted(stream.uri)],
  ]);
}

/** Attributes that are null are left out. */
function tag(name: string, attributes: readonly (readonly [string, string | null])[]): string {
  const given = attributes.filter(([, value]) => value !== null);
  return `#${name}:${given.map(([key, value]) => `${key}=${value}`).join(',')}`;
}

function yesNo(isSo: boolean): string {
  return isSo ? 'YES' : 'NO';
}

/** A quoted-string holds neither quotes nor line breaks nor other control characters. */
function quoted(value: string): string {
  return `"${value.replaceAll('"', "'").replace(/\p{Cc}+/gu, ' ')}"`;
}

/** Six decimals, rounded from the exact fraction. */
function seconds(length: number, unitsPerSecond: Fraction): string {
  const micros = (BigInt(length) * BigInt(unitsPerSecond.den) * 2_000_000n) / BigInt(unitsPerSecond.num);
  const rounded = (micros + 1n) / 2n;
  return `${rounded / 1_000_000n}.${String(rounded % 1_000_000n).padStart(6, '0')}`;
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
