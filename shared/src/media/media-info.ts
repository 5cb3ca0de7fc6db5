import { z } from 'zod';
import { fraction } from './fraction.ts';

/** Where a source lies and which bytes it had when the job was accepted. */
export const sourceRef = z.object({
  key: z.string(),
  sizeBytes: z.int().positive(),
  etag: z.string(),
});
export type SourceRef = z.infer<typeof sourceRef>;

/** Microseconds on the container's own clock. May be negative. */
const micros = z.int();

export const videoStreamInfo = z.object({
  /** Index among the video streams that are not cover art: ffmpeg's `V:index`. */
  index: z.int().nonnegative(),
  codec: z.string(),
  pixelFormat: z.string(),
  /** As coded, before rotation and before pixels are made square. */
  codedWidth: z.int().positive(),
  codedHeight: z.int().positive(),
  sampleAspectRatio: fraction,
  /** Clockwise turn a player applies, in degrees. */
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  /** What a viewer sees: rotated, pixels square, never odd. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** The job's one frame rate. Variable rates become constant. */
  frameRate: fraction,
  variableFrameRate: z.boolean(),
  startMicros: micros,
  /** End of the last frame. */
  endMicros: micros,
  /** True when `endMicros` was read from the packets, false when it is the header's word. */
  endMeasured: z.boolean(),
  colorTransfer: z.string().nullable(),
  colorPrimaries: z.string().nullable(),
  colorSpace: z.string().nullable(),
  colorRange: z.string().nullable(),
  /** ffprobe's word: "progressive", or which field is coded and shown first ("tt", "bb", "tb", "bt"). */
  fieldOrder: z.string().nullable(),
  /** Pictures carry transparency. */
  alpha: z.boolean().default(false),
  /** CEA-608 or CEA-708 captions lie in the pictures. */
  closedCaptions: z.boolean().default(false),
});
export type VideoStreamInfo = z.infer<typeof videoStreamInfo>;

export const audioStreamInfo = z.object({
  /** Index among the audio streams: ffmpeg's `a:index`. */
  index: z.int().nonnegative(),
  codec: z.string(),
  channels: z.int().positive(),
  sampleRate: z.int().positive(),
  startMicros: micros,
  endMicros: micros,
  language: z.string().nullable(),
  title: z.string().nullable(),
  /** Marked by the source as the track to begin with. */
  isDefault: z.boolean().default(false),
  /**
   * Its times are exact to the sample and nothing is missing in between: a part of it can be decoded by itself. Absent
   * where nobody has looked, as in short tracks.
   */
  sampleExact: z.boolean().optional(),
});
export type AudioStreamInfo = z.infer<typeof audioStreamInfo>;

/** A subtitle track of text. */
export const subtitleStreamInfo = z.object({
  /** Index among the subtitle streams: ffmpeg's `s:index`. */
  index: z.int().nonnegative(),
  codec: z.string(),
  language: z.string().nullable(),
  title: z.string().nullable(),
  isDefault: z.boolean(),
  /** Shown to everyone: translates signs and foreign speech. */
  forced: z.boolean(),
});
export type SubtitleStreamInfo = z.infer<typeof subtitleStreamInfo>;

/** A stream that nothing is made of, and why. */
export const skippedStream = z.object({
  kind: z.enum(['video', 'audio', 'subtitles', 'data']),
  codec: z.string(),
  reason: z.enum(['bitmap_subtitles', 'unsupported_codec', 'empty', 'further_video']),
  language: z.string().nullable(),
});
export type SkippedStream = z.infer<typeof skippedStream>;

/**
 * What `analyze` found. Describes `source`, which is the upload itself or, for containers that cannot seek exactly,
 * the copy that analyze made.
 */
export const mediaInfo = z.object({
  source: sourceRef,
  /** Name of the ffmpeg demuxer to force, for example "mov" or "matroska". */
  demuxer: z.string(),
  /** What the upload was, before any copy: ffmpeg's name of the container. */
  uploadedFormat: z.string(),
  /** ffmpeg's start time of the container: `-ss` counts from here. */
  containerStartMicros: micros,
  /** Time zero of the job: the earliest start of the selected streams. */
  originMicros: micros,
  /** From time zero to the end of the longest selected stream. */
  durationMicros: z.int().nonnegative(),
  bitrateKbps: z.int().nonnegative().nullable(),
  /** Null for sources of sound alone. */
  video: videoStreamInfo.nullable(),
  audio: z.array(audioStreamInfo),
  subtitles: z.array(subtitleStreamInfo).default([]),
  skipped: z.array(skippedStream).default([]),
  /** What the upload holds, with the name of what says so: "sha-256:…" of all its bytes. Null where nobody has read them all. */
  digest: z
    .string()
    .regex(/^[a-z0-9-]+:[A-Za-z0-9+/=_.-]+$/)
    .nullable()
    .default(null),
});
export type MediaInfo = z.infer<typeof mediaInfo>;
