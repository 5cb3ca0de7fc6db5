import { boxPieces, makeBox, words } from './boxes.ts';
import type { Sample } from './fragment-reader.ts';

/** The brands of a CMAF segment that stands alone. */
const CMAF_SEGMENT = makeBox('styp', Buffer.from('msdh\0\0\0\0msdhcmfscmff', 'latin1'));

/** `default-base-is-moof` and a duration for all samples (ISO 14496-12, 8.8.7). */
const TFHD_FLAGS = 0x020008;
/** Data offset, and per sample: size, flags, composition offset. */
const TRUN_FLAGS = 0x000e01;
const TRUN_VERSION_SIGNED = 0x01000000;
const TFDT_VERSION_64 = 0x01000000;

export interface SegmentHeader {
  trackId: number;
  sequenceNumber: number;
  /** What every sample lasts: encoders leave the length of their very last one open. */
  sampleTicks: number;
}

/**
 * One CMAF segment: `styp`, one `moof`, one `mdat`. The samples follow each other from the first one's decode time on
 * without a gap; whether that is where they belong, `segmentFault` finds out.
 */
export function writeSegment(header: SegmentHeader, samples: readonly Sample[]): Buffer {
  const moofBytes = fragmentHeader(header, samples, 0).length;
  const moof = fragmentHeader(header, samples, moofBytes + 8);
  return Buffer.concat([CMAF_SEGMENT, moof, ...boxPieces('mdat', ...samples.map(({ data }) => data))]);
}

function fragmentHeader(header: SegmentHeader, samples: readonly Sample[], dataOffset: number): Buffer {
  const decodeTime = samples[0]?.decodeTime ?? 0;
  const perSample = samples.flatMap((s) => [s.data.length, s.flags, s.compositionOffset]);
  return makeBox(
    'moof',
    makeBox('mfhd', words(0, header.sequenceNumber)),
    makeBox(
      'traf',
      makeBox('tfhd', words(TFHD_FLAGS, header.trackId, header.sampleTicks)),
      makeBox('tfdt', words(TFDT_VERSION_64, Math.floor(decodeTime / 2 ** 32), decodeTime)),
      makeBox('trun', words(TRUN_VERSION_SIGNED | TRUN_FLAGS, samples.length, dataOffset, ...perSample)),
    ),
  );
}
