/** Caps on what a source may be. Beyond them it is `source_exceeds_limits`. */
export const LIMITS = {
  /** Enough for 8K; a few hundred bytes of PNG can claim 16,000 × 16,000. */
  pixels: 40_000_000,
  streams: 32,
  durationMicros: 8 * 3_600 * 1_000_000,
  /** Of the result, at the source's rate: 8 hours at 60 a second. A few kilobytes can claim any number. */
  frames: 8 * 3_600 * 60,
  /** What ffmpeg may read and how long it may look to find the streams. */
  probeBytes: 20_000_000,
  analyzeMicros: 20_000_000,
} as const;

/** More streams than we accept, so that the limit is reported by us and not as ffmpeg's "Cannot allocate memory". */
export const DEMUXER_MAX_STREAMS = 256;
