import { findBox, requireBox } from '../boxes.ts';
import { readColour, twoDigits } from './colour-box.ts';
import type { SampleEntry, VisualEntry } from './sample-entry.ts';

/** "av01.0.04M.08" from `av1C`, with its optional half where that says more than the defaults. */
export function readAv1({ boxes }: VisualEntry): SampleEntry {
  const av1C = requireBox(boxes, ['av1C']).body;
  const [profileAndLevel, flags] = [av1C.readUInt8(1), av1C.readUInt8(2)];
  const profile = profileAndLevel >> 5;
  const tier = flags & 0x80 ? 'H' : 'M';
  const depth = flags & 0x40 ? (profile === 2 && flags & 0x20 ? 12 : 10) : 8;
  const [monochrome, x, y] = [(flags >> 4) & 1, (flags >> 3) & 1, (flags >> 2) & 1];
  const position = x && y ? flags & 3 : 0;
  const { primaries, transfer, matrix, fullRange } = readColour(findBox(boxes, ['colr'])?.body ?? null);
  const required = `av01.${profile}.${twoDigits(profileAndLevel & 0x1f)}${tier}.${twoDigits(depth)}`;
  const optional = [
    String(monochrome),
    `${x}${y}${position}`,
    ...[primaries, transfer, matrix].map(twoDigits),
    String(fullRange),
  ].join('.');
  return {
    codec: 'av01',
    codecs: DEFAULTS.test(optional) ? required : `${required}.${optional}`,
    brands: ['av01'],
    audioPreSkip: 0,
  };
}

/**
 * 4:2:0, BT.709, limited range ("Codecs Parameter String" of AV1 in ISOBMFF). Where exactly the chroma samples lie makes
 * no difference to what a player needs.
 */
const DEFAULTS = /^0\.11\d\.01\.01\.01\.0$/;

const OBU_SEQUENCE_HEADER = 1;
const OBU_FRAME_HEADER = 3;
const OBU_FRAME = 6;
const KEY_FRAME = 0;

/** True when a sample begins with a sequence header, and its first frame is a key frame that is shown. */
export function startsWithAv1KeyFrame(sample: Buffer): boolean {
  let sequenceHeader = false;
  for (const { type, payload } of openBitstreamUnits(sample)) {
    if (type === OBU_SEQUENCE_HEADER) sequenceHeader = true;
    if (type !== OBU_FRAME_HEADER && type !== OBU_FRAME) continue;
    const first = payload[0] ?? 0xff;
    const showsExisting = first >> 7;
    const frameType = (first >> 5) & 3;
    const shown = (first >> 4) & 1;
    return sequenceHeader && !showsExisting && frameType === KEY_FRAME && shown === 1;
  }
  return false;
}

const MAX_LEB128_BYTES = 8;

/** AV1 specification, 5.3. Stops at a unit that does not fit. */
function* openBitstreamUnits(sample: Buffer): Generator<{ type: number; payload: Buffer }> {
  for (let at = 0; at < sample.length; ) {
    const header = sample.readUInt8(at);
    at += header & 4 ? 2 : 1;
    let size = sample.length - at;
    if (header & 2) {
      size = 0;
      for (let i = 0; i < MAX_LEB128_BYTES; i += 1) {
        const byte = sample[at] ?? 0;
        at += 1;
        size += (byte & 0x7f) * 2 ** (7 * i);
        if (byte < 0x80) break;
      }
    }
    if (at + size > sample.length) return;
    yield { type: (header >> 3) & 15, payload: sample.subarray(at, at + size) };
    at += size;
  }
}
