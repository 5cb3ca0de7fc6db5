/** Payloads of the NAL units of a sample, each behind four bytes of length (H.264 and HEVC). Stops at a torn one. */
export function* nalUnits(sample: Buffer): Generator<Buffer> {
  for (let offset = 0; offset + 5 <= sample.length; ) {
    const size = sample.readUInt32BE(offset);
    const end = offset + 4 + size;
    if (size === 0 || end > sample.length) return;
    yield sample.subarray(offset + 4, end);
    offset = end;
  }
}
