const NAL_SLICE = 1;
const NAL_IDR = 5;
const NAL_SEI = 6;
const SEI_USER_DATA_UNREGISTERED = 5;
const UUID_BYTES = 16;

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
    if ((nal.readUInt8(0) & 31) !== NAL_SEI || nal.readUInt8(1) !== SEI_USER_DATA_UNREGISTERED) continue;
    const text = nal.toString('latin1', 2 + UUID_BYTES, 512);
    const found = /x264 - core (\d+)(?: (r\d+))?(?: ([0-9a-f]{4,}))?/.exec(text);
    if (found) return ['x264', 'core', ...found.slice(1).filter(Boolean)].join(' ');
  }
  return null;
}

function* nalUnits(sample: Buffer): Generator<Buffer> {
  for (let offset = 0; offset + 5 <= sample.length; ) {
    const size = sample.readUInt32BE(offset);
    const end = offset + 4 + size;
    if (size === 0 || end > sample.length) return;
    yield sample.subarray(offset + 4, end);
    offset = end;
  }
}
