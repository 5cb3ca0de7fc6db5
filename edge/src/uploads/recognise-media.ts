import { toHex } from '@millrace/shared/hex.ts';
import { MEDIA_SIGNATURES, type MediaSignature, TS_PACKET_BYTES, TS_SYNC } from './media-signatures.ts';

/** How much of a file `recogniseMedia` wants to see. */
export const MEDIA_START_BYTES = 4_096;
/** So many sync bytes in a row are no accident. */
const TS_PACKETS = 5;

/** The container that a file's first bytes announce; null when they announce none that may hold film or sound. */
export function recogniseMedia(start: Uint8Array): string | null {
  const hex = toHex(start.subarray(0, 64));
  const found = MEDIA_SIGNATURES.find((signature) => begins(hex, signature));
  return found?.container ?? (isTransportStream(start) ? 'mpegts' : null);
}

function begins(hex: string, { at, bytes }: MediaSignature): boolean {
  if (hex.length < 2 * at + bytes.length) return false;
  return Array.from(bytes).every((digit, index) => digit === '?' || digit === hex[2 * at + index]);
}

/** A recording may begin in the middle of a packet. */
function isTransportStream(start: Uint8Array): boolean {
  return TS_PACKET_BYTES.some((packet) => {
    for (let first = 0; first < packet; first += 1) {
      if (start[first] === TS_SYNC && inStep(start, first, packet)) return true;
    }
    return false;
  });
}

function inStep(start: Uint8Array, first: number, packet: number): boolean {
  for (let n = 1; n < TS_PACKETS; n += 1) {
    if (start[first + n * packet] !== TS_SYNC) return false;
  }
  return true;
}
