import { makeBox, words } from './boxes.ts';
import type { Sample } from './fragment-reader.ts';

/** The brands of a CMAF segment that stands alone. */
const CMAF_SEGMENT = makeBox('styp', Buffer.from('msdh\0\0\0\0msdhcmfscmff', 'latin1'));

/** `default-base-is-moof` and a duration for all samples (ISO 14496-12, 8.8.7). */
const TFHD_FLAGS = 0x020008;
/** Data offset, and per sample: size, flags, composition offset. */
const TRUN_FLAGS = 0x000e01;
const TRUN_VERSION_SIGNED = 0x01000000;
const TFDT_VERSION_64 = 0x01000000;

/**
 * One CMAF segment: `styp`, one `moof`, one `mdat`. All samples must last equally long and follow each other without a
 * gap, which `verifySegment` has seen to.
 */
export function writeSegment(trackId: number, sequenceNumber: number, samples: readonly Sample[]): Buffer {
  const [first] = samples;
  if (!first) throw new Error('a segment without samples');
  const moofBytes = fragmentHeader(trackId, sequenceNumber, first, samples, 0).length;
  const moof = fragmentHeader(trackId, sequenceNumber, first, samples, moofBytes + 8);
  return Buffer.concat([CMAF_SEGMENT, moof, makeBox('mdat', ...samples.map((sample) => sample.data))]);
}

function fragmentHeader(
  trackId: number,
  sequenceNumber: number,
  first: Sample,
  samples: readonly Sample[],
  dataOffset: number,
): Buffer {
  const perSample = samples.flatMap((s) => [s.data.length, s.flags, s.compositionOffset]);
  return makeBox(
    'moof',
    makeBox('mfhd', words(0, sequenceNumber)),
    makeBox(
      'traf',
      makeBox('tfhd', words(TFHD_FLAGS, trackId, first.duration)),
      makeBox('tfdt', words(TFDT_VERSION_64, Math.floor(first.decodeTime / 2 ** 32), first.decodeTime)),
      makeBox('trun', words(TRUN_VERSION_SIGNED | TRUN_FLAGS, samples.length, dataOffset, ...perSample)),
    ),
  );
}
