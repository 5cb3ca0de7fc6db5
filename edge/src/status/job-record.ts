import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import { skippedStream } from '@millrace/shared/media/media-info.ts';
import { measuredQuality } from '@millrace/shared/media/quality.ts';
import { z } from 'zod';
import { publishedAudio, publishedSubtitles } from './published-tracks.ts';

const at = z.iso.datetime();

/** Everything a client may read of a job, before links are signed: what the cache holds and the doors show. */
export const jobRecord = z.object({
  id: z.uuid(),
  projectId: z.string(),
  /** With `workDone`, orders two records of one job. */
  version: z.int(),
  workDone: z.int(),
  status: z.enum(JOB_STATUSES),
  /** 0 to 1; never falls; 1 only when completed. */
  progress: z.number(),
  etaSeconds: z.int().nullable(),
  /** Null until a source that is fetched has arrived. */
  inputKey: z.string().nullable(),
  inputUrl: z.string().nullable(),
  profile: z.record(z.string(), z.unknown()),
  source: z
    .object({
      width: z.int().nullable(),
      height: z.int().nullable(),
      durationSeconds: z.number(),
      frameRate: z.number().nullable(),
      videoCodec: z.string().nullable(),
      audioCodec: z.string().nullable(),
      audioChannels: z.int().nullable(),
      container: z.string(),
      rotation: z.int().nullable(),
      bitrateKbps: z.int().nullable(),
      sizeBytes: z.int(),
      /** Names what its bytes are; null where nobody has read them all. */
      digest: z.string().nullable(),
      interlaced: z.boolean(),
      hdr: z.boolean(),
      closedCaptions: z.boolean(),
      audioTracks: z.int(),
      subtitleTracks: z.int(),
      /** That workers fetched from storage so far, some of it more than once. */
      bytesRead: z.int(),
    })
    .nullable(),
  /** Streams of the source that nothing is made of. */
  skipped: z.array(skippedStream),
  renditions: z.array(
    z.object({
      resolution: z.string(),
      width: z.int(),
      height: z.int(),
      bitrateKbps: z.int(),
      codec: z.string(),
      /** Null for those of jobs that were published before it was noted. */
      frameRate: z.number().nullable(),
      durationSeconds: z.number(),
      sizeBytes: z.int(),
      outputKey: z.string().nullable(),
      playlistKey: z.string().nullable(),
      /** Null where it was not measured. */
      quality: measuredQuality.nullable(),
    }),
  ),
  audio: z.array(publishedAudio),
  subtitles: z.array(publishedSubtitles),
  hlsKey: z.string().nullable(),
  dashKey: z.string().nullable(),
  /** HLS playlists can be had: published, or every rendition and the default audio have begun. */
  playable: z.boolean(),
  posterKey: z.string().nullable(),
  storyboardKey: z.string().nullable(),
  tasks: z.object({ total: z.int(), done: z.int(), running: z.int(), reused: z.int() }),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  metadata: z.record(z.string(), z.unknown()),
  tags: z.array(z.string()),
  priority: z.int(),
  notBefore: at.nullable(),
  public: z.boolean(),
  /** What signed links name; see playback/. */
  playbackRevision: z.int(),
  legalHold: z.boolean(),
  /** Whoever created it. */
  actor: z.string(),
  retries: z.int(),
  /** Number of its latest event. */
  eventNumber: z.int(),
  playableAt: at.nullable(),
  createdAt: at,
  startedAt: at.nullable(),
  finishedAt: at.nullable(),
});
export type JobRecord = z.infer<typeof jobRecord>;
