import { toNumber } from '@millrace/shared/media/fraction.ts';
import { plannedFrames, segmentStartFrame } from '@millrace/shared/media/grid.ts';
import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import { BASE_SECONDS, frameTicks, videoTimescale } from '@millrace/shared/media/timeline.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { withoutX264Note, x264Version } from '../media/fmp4/codecs/avc.ts';
import { FragmentReader, type Sample } from '../media/fmp4/fragment-reader.ts';
import type { InitSegment } from '../media/fmp4/init-segment.ts';
import { keyBytes } from '../media/fmp4/key-bytes.ts';
import { segmentFault } from '../media/fmp4/verify-segment.ts';
import { writeSegment } from '../media/fmp4/write-segment.ts';
import { renditionFrames, renditionGrid } from '../media/rendition-grid.ts';
import { TaskFailure } from '../task-failure.ts';
import type { Remaining } from './remaining-frames.ts';
import type { TrackPublisher } from './track-publisher.ts';

/** The way of one rendition from the encoder's pipe to storage: cut on the grid, verified, published. */
export interface VideoLane {
  push(bytes: Buffer): Promise<void>;
  /** The encoder has ended well: what is left is the last segment. */
  end(): Promise<void>;
  /** Everything is stored and announced. */
  finish(): Promise<void>;
  /** Of the rendition, not of the job. */
  frames(): number;
  segments(): number;
  /** The encoder's own words about its version, where it leaves any. */
  encoder(): string | null;
}

/** A source that goes on for longer than this past its measured end has timestamps that mean nothing. */
const MAX_OVERTIME_SECONDS = 30;

export function createVideoLane(
  spec: EncodeVideoSpec,
  rendition: VideoRendition,
  remaining: Remaining,
  publisher: TrackPublisher,
): VideoLane {
  const { frameRate, gopFrames } = renditionGrid(spec, rendition);
  const expected = remaining.frames === null ? null : renditionFrames(remaining.frames, rendition);
  const maxFrames = expected ?? renditionFrames(longestOpenEnd(spec, remaining), rendition);
  const sampleTicks = frameTicks(frameRate);
  const timescale = videoTimescale(frameRate);
  let init: InitSegment | null = null;
  let encoder: string | null = null;
  let pending: Sample[] = [];
  let received = 0;
  let number = remaining.firstSegment;

  const reader = new FragmentReader({
    onInit(found) {
      if (
        found.timescale !== timescale ||
        found.width !== rendition.width ||
        found.height !== rendition.height
      ) {
        const { width, height } = found;
        throw new TaskFailure(
          'verification_failed',
          `${width} × ${height} at ${found.timescale} ticks came out`,
        );
      }
      init = found;
      publisher.init(found);
    },
    async onSamples(samples) {
      if (init?.codec === 'avc1' && encoder === null) readNote(samples);
      received += samples.length;
      if (received > maxFrames) {
        throw expected === null
          ? new TaskFailure('decode_failed', `the source goes on past ${maxFrames} frames, its measured end`)
          : new TaskFailure('verification_failed', `more than ${maxFrames} frames came out`);
      }
      pending.push(...samples);
      await cutWhole();
    },
  });

  /** x264 signs its first picture; in the middle of a film nobody looks for that. */
  const readNote = (samples: Sample[]) => {
    const [first] = samples;
    if (!first) return;
    encoder = x264Version(first.data);
    if (remaining.startFrame > 0) samples[0] = { ...first, data: withoutX264Note(first.data) };
  };

  /** Segments that are complete. */
  const cutWhole = async () => {
    for (;;) {
      const length = segmentStartFrame(gopFrames, number + 1) - segmentStartFrame(gopFrames, number);
      if (pending.length < length) return;
      await publish(pending.slice(0, length));
      pending = pending.slice(length);
    }
  };

  const publish = async (samples: Sample[]) => {
    if (!init) throw new Error('frames before their init');
    const bytes = writeSegment({ trackId: init.trackId, sequenceNumber: number + 1, sampleTicks }, samples);
    const startFrame = segmentStartFrame(gopFrames, number);
    const startTicks = BASE_SECONDS * timescale + startFrame * sampleTicks;
    const fault = segmentFault(init, bytes, { samples: samples.length, startTicks, sampleTicks });
    if (fault) throw new TaskFailure('verification_failed', `${rendition.name} segment ${number}: ${fault}`);
    const length = samples.length;
    await publisher.segment({ number, bytes, length, keyBytes: keyBytes(bytes, samples) });
    number += 1;
  };

  return {
    push: (bytes) => reader.push(bytes),
    async end() {
      reader.end();
      // A chunk that came out short is no segment: whoever asks for `frames` finds out.
      if (pending.length > 0 && (expected === null || received >= expected)) await publish(pending);
    },
    finish: () => publisher.finish(),
    frames: () => received,
    segments: () => number - remaining.firstSegment,
    encoder: () => encoder,
  };
}

function longestOpenEnd(spec: EncodeVideoSpec, remaining: Remaining): number {
  const planned = spec.chunk.startFrame + plannedFrames(spec.chunk);
  const overtime = Math.ceil(MAX_OVERTIME_SECONDS * toNumber(spec.frameRate));
  return Math.max(0, planned - remaining.startFrame) + overtime;
}
