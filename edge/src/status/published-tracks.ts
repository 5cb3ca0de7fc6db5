import { z } from 'zod';

/** What was published beside the video renditions: `jobs.published`. */
export const publishedAudio = z.object({
  track: z.string(),
  /** Of RFC 6381. */
  codec: z.string(),
  channels: z.int(),
  language: z.string().nullable(),
  title: z.string().nullable(),
  bitrateKbps: z.int(),
  durationSeconds: z.number(),
  /** Of the M4A file, or of all segments when there is none. */
  sizeBytes: z.int(),
  outputKey: z.string().nullable(),
  playlistKey: z.string().nullable(),
});
export type PublishedAudio = z.infer<typeof publishedAudio>;

export const publishedSubtitles = z.object({
  track: z.string(),
  language: z.string().nullable(),
  title: z.string().nullable(),
  forced: z.boolean(),
  outputKey: z.string().nullable(),
  playlistKey: z.string().nullable(),
});
export type PublishedSubtitles = z.infer<typeof publishedSubtitles>;

export const publishedTracks = z.object({
  audio: z.array(publishedAudio),
  subtitles: z.array(publishedSubtitles),
});
export type PublishedTracks = z.infer<typeof publishedTracks>;
