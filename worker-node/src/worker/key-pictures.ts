import { BoxError, requireBox } from '../media/fmp4/boxes.ts';
import { readSegment } from '../media/fmp4/fragment-reader.ts';
import { type InitSegment, readInit } from '../media/fmp4/init-segment.ts';
import { writeSegment } from '../media/fmp4/write-segment.ts';
import { TaskFailure } from '../task-failure.ts';

export interface KeyPictures {
  /** The init, then a segment of one picture each. */
  bytes: AsyncIterable<Uint8Array>;
  /** Why it ended early, if it did. */
  failure(): unknown;
}

/** ISO 14496-12, 8.8.3.1: `sample_is_non_sync_sample`. */
const NON_SYNC = 0x10000;

/**
 * Of a track's published objects, init first, every `everyFrames`th picture, at its own time. All of these begin a GOP:
 * what is left out need neither be passed on nor decoded, whatever the decoder.
 */
export function keyPictures(objects: AsyncIterable<Uint8Array>, everyFrames: number): KeyPictures {
  let failure: unknown;

  async function* read(): AsyncGenerator<Uint8Array> {
    let init: InitSegment | null = null;
    let frame = 0;
    try {
      for await (const object of objects) {
        const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
        if (!init) {
          init = readInit(requireBox(bytes, ['moov']).bytes);
          yield bytes;
          continue;
        }
        const { trackId } = init;
        for (const sample of readSegment(init.defaults, bytes)) {
          frame += 1;
          if ((frame - 1) % everyFrames !== 0) continue;
          if (sample.flags & NON_SYNC) throw new BoxError(`frame ${frame - 1} begins no GOP`);
          yield writeSegment({ trackId, sequenceNumber: frame, sampleTicks: sample.duration }, [sample]);
        }
      }
    } catch (error) {
      failure = error instanceof BoxError ? new TaskFailure('verification_failed', error.message) : error;
      throw failure;
    }
  }

  return { bytes: read(), failure: () => failure };
}
