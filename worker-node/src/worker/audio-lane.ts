import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import { segmentStartFrame } from '@millrace/shared/media/grid.ts';
import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { FragmentReader, type Sample } from '../media/fmp4/fragment-reader.ts';
import type { InitSegment } from '../media/fmp4/init-segment.ts';
import { segmentFault } from '../media/fmp4/verify-segment.ts';
import { writeSegment } from '../media/fmp4/write-segment.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TrackPublisher } from './track-publisher.ts';

/** The way of one audio track from the encoder's pipe to storage. */
export interface AudioLane {
  push(bytes: Buffer): Promise<void>;
  /** The encoder has ended well: what is left is the last segment. */
  end(): Promise<void>;
  samples(): number;
  segments(): number;
}

/** Samples in an AAC packet, and those that the encoder puts before the first one anyone hears. */
const PACKET_SAMPLES = 1_024;
const PRIMING_SAMPLES = 1_024;
/** A last segment shorter than half a second joins the one before. */
const TAIL_FRACTION = 2;

/**
 * A packet belongs to the segment in whose stretch of the grid it starts; the priming packet, which starts before time
 * zero, to the first. A segment is held back until it is known that the next one is more than a tail.
 */
export function createAudioLane(spec: EncodeAudioSpec, publisher: TrackPublisher): AudioLane {
  const baseTicks = BASE_SECONDS * spec.sampleRate;
  const minTail = spec.sampleRate / TAIL_FRACTION;
  let init: InitSegment | null = null;
  let received = 0;
  let number = 0;
  /** Packets of segment `number`, then of the one after it. */
  let current: Sample[] = [];
  let next: Sample[] = [];
  let publishedPackets = 0;

  const reader = new FragmentReader({
    onInit(found) {
      if (found.timescale !== spec.sampleRate) {
        throw new TaskFailure('verification_failed', `audio at ${found.timescale} Hz came out`);
      }
      init = found;
      publisher.init(found);
    },
    async onSamples(samples) {
      for (const sample of samples) await take(sample);
    },
  });

  const take = async (sample: Sample) => {
    const expected = baseTicks - PRIMING_SAMPLES + received * PACKET_SAMPLES;
    if (sample.decodeTime !== expected) {
      throw new TaskFailure('verification_failed', `a packet at ${sample.decodeTime} instead of ${expected}`);
    }
    received += 1;
    if (sample.decodeTime - baseTicks < segmentStart(spec, number + 1)) current.push(sample);
    else next.push(sample);
    if (next.length * PACKET_SAMPLES < minTail) return;
    await publish(current);
    current = next;
    next = [];
  };

  const publish = async (packets: Sample[]) => {
    if (!init) throw new Error('packets before their init');
    const header = { trackId: init.trackId, sequenceNumber: number + 1, sampleTicks: PACKET_SAMPLES };
    const bytes = writeSegment(header, packets);
    const fault = segmentFault(init, bytes, {
      kind: 'audio',
      samples: packets.length,
      startTicks: baseTicks - PRIMING_SAMPLES + publishedPackets * PACKET_SAMPLES,
      sampleTicks: PACKET_SAMPLES,
    });
    if (fault) throw new TaskFailure('verification_failed', `${spec.track} segment ${number}: ${fault}`);
    publishedPackets += packets.length;
    await publisher.segment({ number, bytes, length: packets.length * PACKET_SAMPLES });
    number += 1;
  };

  return {
    push: (bytes) => reader.push(bytes),
    async end() {
      reader.end();
      if (current.length > 0) await publish([...current, ...next]);
    },
    samples: () => received * PACKET_SAMPLES,
    segments: () => number,
  };
}

/** Sample at which segment `number` of the video begins. */
function segmentStart({ sampleRate, frameRate, gopFrames }: EncodeAudioSpec, number: number): number {
  return mulDivRound(segmentStartFrame(gopFrames, number), frameRate.den * sampleRate, frameRate.num);
}
