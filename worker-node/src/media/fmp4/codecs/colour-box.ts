/** ISO 23091-2 code points. */
export interface Colour {
  primaries: number;
  transfer: number;
  matrix: number;
  fullRange: 0 | 1;
}

/** What `CODECS` leaves unsaid means this. */
const BT709: Colour = { primaries: 1, transfer: 1, matrix: 1, fullRange: 0 };

/** From a `colr` box (ISO 14496-12, 12.1.5); without one that names code points, BT.709. */
export function readColour(colr: Buffer | null): Colour {
  if (!colr || colr.length < 11 || colr.toString('latin1', 0, 4) !== 'nclx') return BT709;
  return {
    primaries: colr.readUInt16BE(4),
    transfer: colr.readUInt16BE(6),
    matrix: colr.readUInt16BE(8),
    fullRange: colr.readUInt8(10) & 0x80 ? 1 : 0,
  };
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
