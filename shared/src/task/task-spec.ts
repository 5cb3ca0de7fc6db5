import { z } from 'zod';
import { fraction } from '../media/fraction.ts';
import { chunk } from '../media/grid.ts';
import { videoRendition } from '../media/ladder.ts';
import { audioStreamInfo, mediaInfo, sourceRef, videoStreamInfo } from '../media/media-info.ts';
import { encoderPreset } from '../media/profile.ts';

/**
 * What a task is to do, as plain data. The edge writes it when it plans, stores it in `tasks.spec`, and sends it with
 * every attempt; the worker's argv is a pure function of it.
 */

/** What encode tasks need to read a stretch of the source exactly. Times in microseconds on the container's clock. */
const timedSource = sourceRef.extend({
  demuxer: z.string(),
  containerStartMicros: z.int(),
  originMicros: z.int(),
});
export type TimedSource = z.infer<typeof timedSource>;

/** Brings the source of the job from a URL into storage. */
export const fetchSpec = z.object({
  kind: z.literal('fetch'),
  url: z.url({ protocol: /^https?$/ }),
  maxBytes: z.int().positive(),
});
export type FetchSpec = z.infer<typeof fetchSpec>;

export const analyzeSpec = z.object({ kind: z.literal('analyze'), source: sourceRef });

export const encodeVideoSpec = z.object({
  kind: z.literal('encode-video'),
  source: timedSource,
  video: videoStreamInfo,
  frameRate: fraction,
  gopFrames: z.int().positive(),
  chunk,
  /** Largest first: each is scaled from the one before. */
  renditions: z.array(videoRendition).min(1),
  preset: encoderPreset,
  /** Encoder threads: 1 when other chunks fill the machine, 0 lets the encoder decide. */
  threads: z.int().nonnegative(),
});
export type EncodeVideoSpec = z.infer<typeof encodeVideoSpec>;

export const encodeAudioSpec = z.object({
  kind: z.literal('encode-audio'),
  source: timedSource,
  audio: audioStreamInfo,
  /** Track name: "audio-0". */
  track: z.string(),
  bitrateKbps: z.int().positive(),
  /** Hz; one of the rates AAC and every player know. */
  sampleRate: z.union([z.literal(44_100), z.literal(48_000)]),
  channels: z.union([z.literal(1), z.literal(2)]),
  /** The video grid the segments are cut on. */
  frameRate: fraction,
  gopFrames: z.int().positive(),
  /** Length of the track from time zero, by the source's headers. */
  durationMicros: z.int().positive(),
});
export type EncodeAudioSpec = z.infer<typeof encodeAudioSpec>;

export const posterSpec = z.object({
  kind: z.literal('poster'),
  source: timedSource,
  video: videoStreamInfo,
  /** From time zero. A representative picture near it is taken. */
  atMicros: z.int().nonnegative(),
  width: z.int().positive(),
  height: z.int().positive(),
});
export type PosterSpec = z.infer<typeof posterSpec>;

/** One MP4 by stream copy from the segments of a video and, where there is sound, an audio track. */
export const assembleSpec = z.object({
  kind: z.literal('assemble'),
  rendition: videoRendition,
  frameRate: fraction,
  audioTrack: z.string().nullable(),
});
export type AssembleSpec = z.infer<typeof assembleSpec>;

/** Run by the edge itself: writes the manifests and completes the job. */
export const publishSpec = z.object({ kind: z.literal('publish') });

export const taskSpec = z.discriminatedUnion('kind', [
  fetchSpec,
  analyzeSpec,
  encodeVideoSpec,
  encodeAudioSpec,
  posterSpec,
  assembleSpec,
  publishSpec,
]);
export type TaskSpec = z.infer<typeof taskSpec>;
export type TaskKind = TaskSpec['kind'];

/** What a completed attempt says it made. */
export const taskResult = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('fetch'),
    name: z.string(),
    sizeBytes: z.int().positive(),
    /** What the server called it; nothing is decided by it. */
    contentType: z.string().max(200).nullable(),
  }),
  z.object({ kind: z.literal('analyze'), mediaInfo }),
  z.object({
    kind: z.literal('encode-video'),
    /** Frames in the whole chunk, announced earlier or now; equal in every rendition. */
    frames: z.int().positive(),
    segments: z.int().positive(),
    encoder: z.string(),
  }),
  z.object({
    kind: z.literal('encode-audio'),
    samples: z.int().positive(),
    segments: z.int().positive(),
    encoder: z.string(),
  }),
  z.object({
    kind: z.literal('poster'),
    name: z.string(),
    width: z.int().positive(),
    height: z.int().positive(),
    sizeBytes: z.int().positive(),
  }),
  z.object({
    kind: z.literal('assemble'),
    name: z.string(),
    sizeBytes: z.int().positive(),
    frames: z.int().positive(),
    durationMicros: z.int().positive(),
    bitrateKbps: z.int().positive(),
  }),
  z.object({ kind: z.literal('publish') }),
]);
export type TaskResult = z.infer<typeof taskResult>;
export type ResultOf<K extends TaskKind> = Extract<TaskResult, { kind: K }>;
