import { segmentStartTicks, WHOLE_TRACK } from '@millrace/shared/media/audio-span.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { AUDIO_ENCODINGS } from './audio-encodings.ts';

/** Packets of a track, counted from its priming packet. */
export interface SpanPackets {
  /** The first one that is encoded. */
  encodedFrom: number;
  /** The first one that is wanted, and the first after those; null where the span ends with the sound. */
  from: number;
  to: number | null;
}

/**
 * Encoded before and after a span and thrown away: by then the encoder has seen what it would have seen in one go, so
 * that it chooses the same windows, and packets of two encoders overlap as those of one do.
 */
const RUN_PACKETS = 16;

export function spanPackets(spec: EncodeAudioSpec): SpanPackets {
  const { firstSegment, endSegment } = spec.span ?? WHOLE_TRACK;
  const from = firstSegment === 0 ? 0 : firstPacketOf(spec, firstSegment);
  return {
    encodedFrom: Math.max(0, from - RUN_PACKETS),
    from,
    to: endSegment === null ? null : firstPacketOf(spec, endSegment),
  };
}

/** Samples of the track that a task encodes, from its time zero; `end` is null where it ends by itself. */
export function spanSamples(spec: EncodeAudioSpec): { start: number; end: number | null } {
  const { packetSamples } = AUDIO_ENCODINGS[spec.codec];
  const { encodedFrom, to } = spanPackets(spec);
  return {
    start: encodedFrom * packetSamples,
    end: to === null ? null : (to + RUN_PACKETS) * packetSamples,
  };
}

/** Sample at which segment `number` of the video begins. */
export function segmentStartSample(spec: EncodeAudioSpec, number: number): number {
  return segmentStartTicks(spec, number, spec.sampleRate);
}

/** A packet belongs to the segment in whose stretch of the grid it starts. */
function firstPacketOf(spec: EncodeAudioSpec, segment: number): number {
  const { packetSamples, primingSamples } = AUDIO_ENCODINGS[spec.codec];
  return Math.ceil((segmentStartSample(spec, segment) + primingSamples) / packetSamples);
}
