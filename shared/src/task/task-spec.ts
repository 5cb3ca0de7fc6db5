import { z } from 'zod';
import { audioSpan } from '../media/audio-span.ts';
import { fraction } from '../media/fraction.ts';
import { chunk } from '../media/grid.ts';
import { videoRendition } from '../media/ladder.ts';
import {
  audioStreamInfo,
  mediaInfo,
  sourceRef,
  subtitleStreamInfo,
  videoStreamInfo,
} from '../media/media-info.ts';
import { audioCodec, encoderPreset } from '../media/profile.ts';

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

/** How the pictures of a source become those of the job: what a worker needs to draw them before it encodes. */
const pictures = z.object({
  source: timedSource,
  video: videoStreamInfo,
  /** Of the job; twice that of the source when fields become frames. */
  frameRate: fraction,
  gopFrames: z.int().positive(),
  /** What becomes of interlaced pictures; null for progressive ones. */
  deinterlace: z.enum(['field', 'frame']).nullable(),
  /** "#rrggbb" behind transparent pictures; null where none are. */
  background: z.string().nullable(),
});
export type Pictures = z.infer<typeof pictures>;

export const encodeVideoSpec = pictures.extend({
  kind: z.literal('encode-video'),
  chunk,
  /** What is encoded, all of one codec, largest first: each is scaled from the one before. */
  renditions: z.array(videoRendition).min(1),
  /**
   * Where other tasks have made some of the ladder's renditions: all that pictures are scaled through, in order, those of
   * `renditions` among them.
   */
  chain: z
    .array(z.object({ name: z.string(), width: z.int().positive(), height: z.int().positive() }))
    .optional(),
  preset: encoderPreset,
  /** Encoder threads: 1 when other chunks fill the machine, 2 when some of it may be idle by then, 0 lets the encoder decide. */
  threads: z.int().nonnegative(),
});
export type EncodeVideoSpec = z.infer<typeof encodeVideoSpec>;

export const encodeAudioSpec = z.object({
  kind: z.literal('encode-audio'),
  source: timedSource,
  audio: audioStreamInfo,
  /** A mono track that is the right ear of `audio`, the left one. */
  pairedWith: audioStreamInfo.nullable(),
  /** Track name: "audio-0". */
  track: z.string(),
  codec: audioCodec,
  bitrateKbps: z.int().positive(),
  /** Hz; one of the rates that every player knows. Opus is always 48,000. */
  sampleRate: z.union([z.literal(44_100), z.literal(48_000)]),
  /** Mono, stereo or 5.1. */
  channels: z.union([z.literal(1), z.literal(2), z.literal(6)]),
  /** Integrated loudness in LUFS that the track is brought to; null leaves it as it is. */
  loudnessTarget: z.number().nullable(),
  /** The grid the segments are cut on: that of the video, or one of its own. */
  frameRate: fraction,
  gopFrames: z.int().positive(),
  /** Length of the track from time zero, by the source's headers. */
  durationMicros: z.int().positive(),
  /** Cut exactly there, from time zero; null where the track ends by itself. */
  endMicros: z.int().positive().nullable(),
  /** What of the track this task makes. Left out: all of it. */
  span: audioSpan.optional(),
});
export type EncodeAudioSpec = z.infer<typeof encodeAudioSpec>;

/** A subtitle file that came with the job. */
export const sidecarRef = sourceRef.extend({ format: z.enum(['srt', 'vtt']) });
export type SidecarRef = z.infer<typeof sidecarRef>;

/** One subtitle track as WebVTT: whole, and in pieces of equal length. */
export const subtitlesSpec = z.object({
  kind: z.literal('subtitles'),
  /** Where the text is: a stream of the source, or a file beside it whose times count from the start of the source. */
  from: z.union([
    z.object({ source: timedSource, stream: subtitleStreamInfo }),
    z.object({
      sidecar: sidecarRef,
      /** Time zero of the job on the sidecar's clock. */ originMicros: z.int(),
    }),
  ]),
  /** Track name: "subs-0". */
  track: z.string(),
  /** Length of the result: cues beyond it are cut. */
  durationMicros: z.int().positive(),
  segmentMicros: z.int().positive(),
  /** Pieces, empty ones too. */
  segments: z.int().positive(),
});
export type SubtitlesSpec = z.infer<typeof subtitlesSpec>;

export const posterSpec = pictures.extend({
  kind: z.literal('poster'),
  /** From time zero. */
  atMicros: z.int().nonnegative(),
  /** Take this very frame; otherwise a representative one near it that is not black. */
  exact: z.boolean(),
  width: z.int().positive(),
  height: z.int().positive(),
});
export type PosterSpec = z.infer<typeof posterSpec>;

/** Sheets of small pictures and a WebVTT index of them, from the segments of a rendition. */
export const storyboardSpec = z.object({
  kind: z.literal('storyboard'),
  rendition: videoRendition,
  frameRate: fraction,
  gopFrames: z.int().positive(),
  totalFrames: z.int().positive(),
  /** A picture of every how manyth GOP: its first frame. */
  everyGops: z.int().positive(),
  /** Pictures of this size, so many beside and below each other on a sheet. */
  width: z.int().positive(),
  height: z.int().positive(),
  columns: z.int().positive(),
  rows: z.int().positive(),
});
export type StoryboardSpec = z.infer<typeof storyboardSpec>;

/** Compares one published segment of every rendition of a codec with what was encoded. */
export const measureQualitySpec = pictures.extend({
  kind: z.literal('measure-quality'),
  renditions: z.array(videoRendition).min(1),
  segment: z.int().nonnegative(),
  startFrame: z.int().nonnegative(),
  /** At most so many frames of the job from `startFrame` on. */
  frames: z.int().positive(),
});
export type MeasureQualitySpec = z.infer<typeof measureQualitySpec>;

/** One MP4 (or M4A) by stream copy from the segments of a video track, audio tracks, or both. */
export const assembleSpec = z.object({
  kind: z.literal('assemble'),
  /** Name of the file: "1080p.mp4", "audio-0.m4a". */
  name: z.string(),
  /** Null for sound alone. */
  rendition: videoRendition.nullable(),
  frameRate: fraction,
  /** The first is the one that plays by default. */
  audio: z.array(
    z.object({
      track: z.string(),
      language: z.string().nullable(),
      title: z.string().nullable(),
      sampleRate: z.int().positive(),
    }),
  ),
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
  subtitlesSpec,
  storyboardSpec,
  measureQualitySpec,
  assembleSpec,
  publishSpec,
]);
export type TaskSpec = z.infer<typeof taskSpec>;
export type TaskKind = TaskSpec['kind'];
export const TASK_KINDS: readonly TaskKind[] = taskSpec.options.map((option) => option.shape.kind.value);

/** A file that an attempt stored, by its object name. */
export const storedFile = z.object({ name: z.string(), sizeBytes: z.int().positive() });
export type StoredFile = z.infer<typeof storedFile>;

/** What a completed attempt says it made. */
export const taskResult = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('fetch'),
    name: z.string(),
    sizeBytes: z.int().positive(),
    /** What the server called it; nothing is decided by it. */
    contentType: z.string().max(200).nullable(),
    /** "sha-256:…" of its bytes. */
    digest: z.string().nullable().default(null),
  }),
  z.object({
    kind: z.literal('analyze'),
    mediaInfo,
    /** Names the build of FFmpeg and its encoders; outputs of another one are not used again. */
    build: z.string().max(200).default(''),
  }),
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
    kind: z.literal('subtitles'),
    cues: z.int().nonnegative(),
    files: z.array(storedFile),
  }),
  z.object({
    kind: z.literal('storyboard'),
    pictures: z.int().positive(),
    files: z.array(storedFile),
  }),
  z.object({
    kind: z.literal('measure-quality'),
    /** Over the frames of this sample: SSIM of all planes (0 to 1), PSNR in dB (capped at 100), VMAF (0 to 100) where the worker can. */
    renditions: z.array(
      z.object({
        name: z.string(),
        frames: z.int().positive(),
        ssim: z.number(),
        psnr: z.number(),
        vmaf: z.number().nullable(),
      }),
    ),
  }),
  z.object({
    kind: z.literal('assemble'),
    name: z.string(),
    sizeBytes: z.int().positive(),
    /** Pictures; 0 for sound alone. */
    frames: z.int().nonnegative(),
    durationMicros: z.int().positive(),
    bitrateKbps: z.int().positive(),
  }),
  z.object({ kind: z.literal('publish') }),
]);
export type TaskResult = z.infer<typeof taskResult>;
export type ResultOf<K extends TaskKind> = Extract<TaskResult, { kind: K }>;
