import { requireBox } from '../boxes.ts';
import { twoDigits } from './colour-box.ts';
import type { SampleEntry, VisualEntry } from './sample-entry.ts';

const FULL_BOX_BYTES = 4;

/** "vp09.00.31.08" from `vpcC`, with its optional half where that says more than the defaults. */
export function readVp9({ boxes }: VisualEntry): SampleEntry {
  const vpcC = requireBox(boxes, ['vpcC']).body.subarray(FULL_BOX_BYTES);
  const sampling = vpcC.readUInt8(2);
  const required = [vpcC.readUInt8(0), vpcC.readUInt8(1), sampling >> 4].map(twoDigits).join('.');
  const optional = [
    (sampling >> 1) & 7,
    vpcC.readUInt8(3),
    vpcC.readUInt8(4),
    vpcC.readUInt8(5),
    sampling & 1,
  ]
    .map(twoDigits)
    .join('.');
  return {
    codec: 'vp09',
    codecs: DEFAULTS.test(optional) ? `vp09.${required}` : `vp09.${required}.${optional}`,
    brands: [],
    audioPreSkip: 0,
  };
}

/**
 * 4:2:0, BT.709, limited range ("VP Codec ISO Media File Format Binding"). Where exactly the chroma samples lie makes no
 * difference to what a player needs.
 */
const DEFAULTS = /^0[01]\.01\.01\.01\.00$/;

const FRAME_MARKER = 2;
const SYNC_CODE = 0x498342;

/** True when the first frame of a sample is a key frame (VP9 bitstream specification, 6.2). */
export function startsWithVp9KeyFrame(sample: Buffer): boolean {
  if (sample.length < 5) return false;
  const first = sample.readUInt8(0);
  // Profile 3 has one more bit; nothing here is of that profile.
  if (first >> 6 !== FRAME_MARKER || (first & 0x30) === 0x30) return false;
  const showsExisting = (first >> 3) & 1;
  const interFrame = (first >> 2) & 1;
  return !showsExisting && !interFrame && sample.readUIntBE(1, 3) === SYNC_CODE;
}
