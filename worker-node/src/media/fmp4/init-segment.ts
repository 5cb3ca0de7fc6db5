import { createHash } from 'node:crypto';
import { BoxError, findBox, makeBox, readBoxes, requireBox } from './boxes.ts';

/** The initialisation segment of a track with one kind of sample, and what it says. */
export interface InitSegment {
  /** As it is published: CMAF brands in front of ffmpeg's `moov`. */
  bytes: Buffer;
  sha256: string;
  /** RFC 6381: "avc1.64001f", "mp4a.40.2". */
  codecs: string;
  trackId: number;
  timescale: number;
  /** 0 for audio. */
  width: number;
  height: number;
  defaults: SampleDefaults;
}

/** From `trex`: what fragments mean when they leave a field out. */
export interface SampleDefaults {
  duration: number;
  size: number;
  flags: number;
}

const CMAF_TRACK = makeBox('ftyp', Buffer.from('iso6\0\0\0\0iso6cmfcmp41', 'latin1'));

/** Reads ffmpeg's `moov` box and puts the brands of a CMAF track before it. Throws `BoxError`. */
export function readInit(moov: Buffer): InitSegment {
  const { body } = requireBox(moov, ['moov']);
  if ([...readBoxes(body)].filter((box) => box.type === 'trak').length !== 1) {
    throw new BoxError('not exactly one track');
  }
  if (findBox(body, ['trak', 'edts'])) throw new BoxError('an edit list where none may be');
  const tkhd = requireBox(body, ['trak', 'tkhd']).body;
  const mdhd = requireBox(body, ['trak', 'mdia', 'mdhd']).body;
  const trex = requireBox(body, ['mvex', 'trex']).body;
  const long = tkhd[0] === 1;
  const bytes = Buffer.concat([CMAF_TRACK, moov]);
  return {
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    codecs: codecsOf(requireBox(body, ['trak', 'mdia', 'minf', 'stbl', 'stsd']).body),
    trackId: tkhd.readUInt32BE(long ? 20 : 12),
    timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
    width: tkhd.readUInt16BE(long ? 88 : 76),
    height: tkhd.readUInt16BE(long ? 92 : 80),
    defaults: {
      duration: trex.readUInt32BE(12),
      size: trex.readUInt32BE(16),
      flags: trex.readUInt32BE(20),
    },
  };
}

const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;

/** The RFC 6381 name of the only entry of an `stsd`. */
function codecsOf(stsd: Buffer): string {
  const [entry] = readBoxes(stsd.subarray(8));
  if (entry?.type === 'avc1') {
    const avcC = requireBox(entry.body.subarray(VISUAL_ENTRY_BYTES), ['avcC']).body;
    return `avc1.${avcC.toString('hex', 1, 4)}`;
  }
  if (entry?.type === 'mp4a') {
    return `mp4a.${mpeg4Audio(requireBox(entry.body.subarray(AUDIO_ENTRY_BYTES), ['esds']).body)}`;
  }
  throw new BoxError(`a sample entry of type ${entry?.type}`);
}

const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC = 5;

/** "40.2": object type and audio object type out of an `esds` (ISO 14496-1, 7.2.6). */
function mpeg4Audio(esds: Buffer): string {
  const es = descriptor(esds, 4, ES_DESCRIPTOR);
  const config = descriptor(esds, es + 3, DECODER_CONFIG);
  const objectType = esds.readUInt8(config);
  const specific = descriptor(esds, config + 13, DECODER_SPECIFIC);
  const first = esds.readUInt8(specific);
  const short = first >> 3;
  const audioObjectType =
    short === 31 ? 32 + (((first & 7) << 3) | (esds.readUInt8(specific + 1) >> 5)) : short;
  return `${objectType.toString(16)}.${audioObjectType}`;
}

/** Where the body of the descriptor at `offset` begins; its length may take up to four bytes. */
function descriptor(bytes: Buffer, offset: number, tag: number): number {
  if (bytes.readUInt8(offset) !== tag) throw new BoxError(`no descriptor ${tag} in esds`);
  let at = offset + 1;
  while (at < offset + 4 && bytes.readUInt8(at) & 0x80) at += 1;
  return at + 1;
}
