import { requireBox } from '../boxes.ts';
import { nalUnits } from './nal-units.ts';
import type { SampleEntry, VisualEntry } from './sample-entry.ts';

const NAL_SLICE = 1;
const NAL_IDR = 5;
const NAL_SEI = 6;
const SEI_USER_DATA_UNREGISTERED = 5;
const UUID_BYTES = 16;
/** Of the length before each NAL unit. */
const LENGTH_BYTES = 4;

/** RFC 6381, 3.4: profile, constraints and level as `avcC` has them. */
export function readAvc(entry: VisualEntry): SampleEntry {
  const avcC = requireBox(entry.boxes, ['avcC']).body;
  return {
    codec: 'avc1',
    codecs: `avc1.${avcC.toString('hex', 1, 4)}`,
    brands: cmafBrands(entry, avcC.readUInt8(1), avcC.readUInt8(3)),
    audioPreSkip: 0,
  };
}

const HIGH_PROFILE = 100;

/** The media profiles of ISO 23000-19, A.1: the smallest that the pictures fit in. */
function cmafBrands({ width, height }: VisualEntry, profile: number, level: number): string[] {
  if (profile > HIGH_PROFILE) return [];
  if (width <= 864 && height <= 576 && level <= 31) return ['cfsd'];
  if (width <= 1920 && height <= 1080) return level <= 40 ? ['cfhd'] : level <= 42 ? ['chdf'] : [];
  return [];
}

/** True when the first coded slice of a length-prefixed H.264 sample belongs to an IDR picture. */
export function startsWithIdr(sample: Buffer): boolean {
  for (const nal of nalUnits(sample)) {
    const type = nal.readUInt8(0) & 31;
    if (type >= NAL_SLICE && type <= NAL_IDR) return type === NAL_IDR;
  }
  return false;
}

/** "x264 core 164 r3095 baee400" out of the note that x264 leaves in its first picture; null when there is none. */
export function x264Version(sample: Buffer): string | null {
  for (const nal of nalUnits(sample)) {
    const found = x264Note(nal);
    if (found) return ['x264', 'core', ...found.slice(1).filter(Boolean)].join(' ');
  }
  return null;
}

/** The sample without that note: some 700 bytes in the first picture of every chunk. */
export function withoutX264Note(sample: Buffer): Buffer {
  let at = 0;
  for (const nal of nalUnits(sample)) {
    const next = at + LENGTH_BYTES + nal.length;
    if (x264Note(nal)) return Buffer.concat([sample.subarray(0, at), sample.subarray(next)]);
    at = next;
  }
  return sample;
}

function x264Note(nal: Buffer): RegExpExecArray | null {
  if ((nal.readUInt8(0) & 31) !== NAL_SEI || nal.readUInt8(1) !== SEI_USER_DATA_UNREGISTERED) return null;
  const text = nal.toString('latin1', 2 + UUID_BYTES, 512);
  return /x264 - core (\d+)(?: (r\d+))?(?: ([0-9a-f]{4,}))?/.exec(text);
}
