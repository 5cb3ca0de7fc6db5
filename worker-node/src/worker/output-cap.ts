const HEADROOM = 4;
const BASE_BYTES = 64 * 1024 * 1024;

/** Bytes far above what an encode of this rate and length may give: reached only by an encoder that does not stop. */
export function outputCapBytes(kbps: number, seconds: number): number {
  return BASE_BYTES + HEADROOM * kbps * 125 * Math.ceil(seconds);
}
