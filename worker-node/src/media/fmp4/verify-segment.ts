import { BoxError } from './boxes.ts';
import { isKeyPicture } from './codecs/key-picture.ts';
import { readSegment, type Sample } from './fragment-reader.ts';
import type { InitSegment } from './init-segment.ts';

/** What a segment must be, in ticks of its track. */
export interface ExpectedSegment {
  samples: number;
  /** Presentation time of the first picture or packet. */
  startTicks: number;
  /** Length of each sample. */
  sampleTicks: number;
}

/** Reads a finished segment back from its bytes. Returns what is wrong with it, or null. */
export function segmentFault(init: InitSegment, segment: Buffer, expected: ExpectedSegment): string | null {
  let samples: Sample[];
  try {
    samples = readSegment(init.defaults, segment);
  } catch (error) {
    if (error instanceof BoxError || error instanceof RangeError) return error.message;
    throw error;
  }
  const [first] = samples;
  if (!first || samples.length !== expected.samples) {
    return `${samples.length} samples instead of ${expected.samples}`;
  }
  if (samples.some((sample) => sample.data.length === 0)) return 'an empty sample';
  if (samples.some((sample) => sample.duration !== expected.sampleTicks))
    return 'a sample of the wrong length';
  if (!isKeyPicture(init.codec, first.data)) return 'the first picture is not a key picture';
  return timesFault(samples, expected);
}

/** Presentation times, in order, must be the grid's. */
function timesFault(samples: readonly Sample[], { startTicks, sampleTicks }: ExpectedSegment): string | null {
  const shown = samples.map((sample) => sample.decodeTime + sample.compositionOffset).sort((a, b) => a - b);
  const wrong = shown.findIndex((time, i) => time !== startTicks + i * sampleTicks);
  if (wrong >= 0) return `picture ${wrong} at ${shown[wrong]} instead of ${startTicks + wrong * sampleTicks}`;
  return null;
}
