import type { Chosen } from './choose-streams.ts';
import type { ProbedPacket } from './probe-json.ts';
import type { ReadBytes } from './sniff.ts';

/** ATSC A/53 part 4: what stands before the captions of a picture. In H.264 and HEVC it is a message of its own (ITU-T T.35). */
const H26X = Buffer.from([0xb5, 0x00, 0x31, ...Buffer.from('GA94'), 0x03]);
const MPEG2 = Buffer.from([0x00, 0x00, 0x01, 0xb2, ...Buffer.from('GA94'), 0x03]);
const MARKS: Readonly<Record<string, Buffer>> = { h264: H26X, hevc: H26X, mpeg2video: MPEG2 };

/** Pictures that are looked at, and how far into each: captions come before what is coded. */
const PICTURES = 8;
const HEAD_BYTES = 4_096;

/** True when CEA-608 or CEA-708 captions lie in the first pictures. Nothing is decoded for it. */
export async function captionsInPictures(
  { stream }: Chosen,
  head: readonly ProbedPacket[],
  read: ReadBytes,
): Promise<boolean> {
  const mark = MARKS[stream.codec_name ?? ''];
  if (!mark) return false;
  for (const { pos, size } of head.slice(0, PICTURES)) {
    if (pos === null || size === null) continue;
    if ((await read(pos, Math.min(size, HEAD_BYTES))).includes(mark)) return true;
  }
  return false;
}
