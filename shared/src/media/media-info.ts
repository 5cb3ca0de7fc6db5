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
  fieldOrder: z.string().nullable(),
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
});
export type AudioStreamInfo = z.infer<typeof audioStreamInfo>;

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
  video: videoStreamInfo.nullable(),
  audio: z.array(audioStreamInfo),
});
export type MediaInfo = z.infer<typeof mediaInfo>;
