import { WHOLE_TRACK } from '@millrace/shared/media/audio-span.ts';
import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { AUDIO_ENCODINGS } from '../media/audio-encodings.ts';
import { FragmentReader, type Sample } from '../media/fmp4/fragment-reader.ts';
import type { InitSegment } from '../media/fmp4/init-segment.ts';
import { segmentFault } from '../media/fmp4/verify-segment.ts';
import { writeSegment } from '../media/fmp4/write-segment.ts';
import { segmentStartSample, spanPackets } from '../media/span-packets.ts';
import { TaskFailure } from '../task-failure.ts';
import { BrokenClock } from './sound-pass.ts';
import type { TrackPublisher } from './track-publisher.ts';

/** The way of one audio track from the encoder's pipe to storage. */
export interface AudioLane {
  push(bytes: Buffer): Promise<void>;
  /** The encoder begins again from the start: what is published already is not published again. */
  restart(): void;
  /** The encoder has ended well: what is left is the last segment. */
  end(): Promise<void>;
  /** Of the span, as far as it has come. */
  samples(): number;
  segments(): number;
}

/** A last segment shorter than half a second joins the one before. */
const TAIL_FRACTION = 2;

/**
 * A packet belongs to the segment in whose stretch of the grid it starts; the priming packet, which starts before time
 * zero, to the first. A segment is held back until it is known that the next one is more than a tail.
 */
export function createAudioLane(spec: EncodeAudioSpec, publisher: TrackPublisher): AudioLane {
  const { packetSamples, primingSamples } = AUDIO_ENCODINGS[spec.codec];
  const baseTicks = BASE_SECONDS * spec.sampleRate;
  const minTail = spec.sampleRate / TAIL_FRACTION;
  const { encodedFrom, from, to } = spanPackets(spec);
  const { firstSegment } = spec.span ?? WHOLE_TRACK;
  let init: InitSegment | null = null;
  /** Segments that need not be published again. */
  let standing = 0;
  let received = 0;
  let wanted = 0;
  let number = firstSegment;
  /** Packets of segment `number`, then of the one after it. */
  let current: Sample[] = [];
  let next: Sample[] = [];
  let cutPackets = 0;

  const createReader = () =>
    new FragmentReader({
      onInit(found) {
        if (found.timescale !== spec.sampleRate) {
          throw new TaskFailure('verification_failed', `audio at ${found.timescale} Hz came out`);
        }
        if (!init) publisher.init(found);
        else if (init.sha256 !== found.sha256) {
          throw new TaskFailure(
            'init_mismatch',
            `${spec.track} began again with another initialisation segment`,
          );
        }
        init = found;
      },
      async onSamples(samples) {
        for (const sample of samples) await take(sample);
      },
    });
  let reader = createReader();

  const take = async (sample: Sample) => {
    const index = encodedFrom + received;
    const expected = baseTicks - primingSamples + index * packetSamples;
    if (sample.decodeTime !== expected) {
      const what = `a packet at ${sample.decodeTime} instead of ${expected}`;
      throw received === 0 ? new TaskFailure('verification_failed', what) : new BrokenClock(what);
    }
    received += 1;
    if (index < from || (to !== null && index >= to)) return;
    wanted += 1;
    if (sample.decodeTime - baseTicks < segmentStartSample(spec, number + 1)) current.push(sample);
    else next.push(sample);
    if (next.length * packetSamples < minTail) return;
    await publish(current);
    current = next;
    next = [];
  };

  const publish = async (packets: Sample[]) => {
    if (!init) throw new Error('packets before their init');
    const startTicks = baseTicks - primingSamples + (from + cutPackets) * packetSamples;
    cutPackets += packets.length;
    number += 1;
    if (number <= standing) return;
    const header = { trackId: init.trackId, sequenceNumber: number, sampleTicks: packetSamples };
    const bytes = writeSegment(header, packets);
    const fault = segmentFault(init, bytes, {
      samples: packets.length,
      startTicks,
      sampleTicks: packetSamples,
    });
    if (fault) throw new TaskFailure('verification_failed', `${spec.track} segment ${number - 1}: ${fault}`);
    const length = packets.length * packetSamples;
    await publisher.segment({ number: number - 1, bytes, length, keyBytes: 0 });
  };

  return {
    push: (bytes) => reader.push(bytes),
    restart() {
      standing = Math.max(standing, number);
      reader = createReader();
      [received, wanted, number, cutPackets] = [0, 0, firstSegment, 0];
      [current, next] = [[], []];
    },
    async end() {
      reader.end();
      if (to !== null && wanted < to - from) {
        throw new TaskFailure('source_truncated', `${spec.track} ends before segment ${number + 1}`);
      }
      if (current.length > 0) await publish([...current, ...next]);
    },
    samples: () => wanted * packetSamples,
    segments: () => number - firstSegment,
  };
}
