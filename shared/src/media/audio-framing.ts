import type { AudioCodec } from './profile.ts';

export interface AudioFraming {
  /** Samples that a packet holds. */
  packetSamples: number;
  /** Samples that the encoder puts before the first one anyone hears: the track's decode times begin so much early. */
  primingSamples: number;
}

/** As FFmpeg's `aac` and `libopus` write them, at the rates that tracks have. */
export const AUDIO_FRAMING: Record<AudioCodec, AudioFraming> = {
  aac: { packetSamples: 1_024, primingSamples: 1_024 },
  // 20 ms, and what libopus looks ahead: the pre-skip that `dOps` states.
  opus: { packetSamples: 960, primingSamples: 312 },
};
