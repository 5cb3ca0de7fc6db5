import { createHash } from 'node:crypto';
import { BoxError, findBox, makeBox, readBoxes, requireBox } from './boxes.ts';
import { readSampleEntry, type SampleEntry } from './codecs/sample-entry.ts';

/** The initialisation segment of a track with one kind of sample, and what it says. */
export interface InitSegment {
  /** As it is published: CMAF brands in front of ffmpeg's `moov`. */
  bytes: Buffer;
  sha256: string;
  codec: SampleEntry['codec'];
  /** RFC 6381: "avc1.64001f", "mp4a.40.2". */
  codecs: string;
  /** See `SampleEntry`. */
  audioPreSkip: number;
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
  const entry = readSampleEntry(requireBox(body, ['trak', 'mdia', 'minf', 'stbl', 'stsd']).body);
  const bytes = Buffer.concat([cmafTrack(entry.brands), moov]);
  return {
    bytes,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    codec: entry.codec,
    codecs: entry.codecs,
    audioPreSkip: entry.audioPreSkip,
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

const STRUCTURAL_BRANDS = ['iso6', 'cmfc', 'mp41'];

/** `ftyp` of a CMAF track (ISO 23000-19, 7.2): what it is built like, then what it holds. */
function cmafTrack(mediaProfiles: readonly string[]): Buffer {
  const compatible = [...STRUCTURAL_BRANDS, ...mediaProfiles].join('');
  return makeBox('ftyp', Buffer.from(`iso6\0\0\0\0${compatible}`, 'latin1'));
}
