import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import { z } from 'zod';

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
    })
    .nullable(),
  renditions: z.array(
    z.object({
      resolution: z.string(),
      width: z.int(),
      height: z.int(),
      bitrateKbps: z.int(),
      codec: z.string(),
      durationSeconds: z.number(),
      sizeBytes: z.int(),
      outputKey: z.string().nullable(),
      playlistKey: z.string().nullable(),
    }),
  ),
  hlsKey: z.string().nullable(),
  /** Playlists can be had: published, or every rendition and the audio have begun. */
  playable: z.boolean(),
  posterKey: z.string().nullable(),
  tasks: z.object({ total: z.int(), done: z.int(), running: z.int() }),
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
