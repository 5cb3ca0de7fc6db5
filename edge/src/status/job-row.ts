import { isFinal, JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import { isHdr, isInterlaced } from '@millrace/shared/media/colour.ts';
import { fraction, toNumber } from '@millrace/shared/media/fraction.ts';
import { type MediaInfo, mediaInfo } from '@millrace/shared/media/media-info.ts';
import { measuredQuality } from '@millrace/shared/media/quality.ts';
import { z } from 'zod';
import type { JobRecord } from './job-record.ts';
import { publishedTracks } from './published-tracks.ts';

const MICROS = 1_000_000;
/** What is not completed never reads as all done. */
const ALMOST = 0.9999;
/** Before that the rate is mostly start-up, and an estimate would be wild. */
const FIRST_GUESS = 0.03;

const at = z.iso.datetime().nullable();

/** A job with what its tasks and renditions add up to, as the statement in `load-job-records.ts` yields it. */
export const jobRow = z.object({
  id: z.uuid(),
  project_id: z.string(),
  version: z.int(),
  status: z.enum(JOB_STATUSES),
  profile: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
  tags: z.array(z.string()),
  priority: z.int(),
  not_before: at,
  public: z.boolean(),
  playback_revision: z.int(),
  legal_hold: z.boolean(),
  actor: z.string(),
  retries: z.int(),
  event_number: z.int(),
  playable_at: at,
  input_url: z.string().nullable(),
  source_key: z.string().nullable(),
  source_size_bytes: z.int().nullable(),
  media_info: mediaInfo.nullable(),
  planned: z.boolean(),
  playable: z.boolean(),
  failure_code: z.string().nullable(),
  failure_message: z.string().nullable(),
  hls_key: z.string().nullable(),
  dash_key: z.string().nullable(),
  poster_key: z.string().nullable(),
  storyboard_key: z.string().nullable(),
  published: publishedTracks.nullable(),
  created_at: z.iso.datetime(),
  started_at: at,
  finished_at: at,
  /** Since the first attempt started, on the database's clock. */
  running_seconds: z.number().nullable(),
  tasks_total: z.int(),
  tasks_done: z.int(),
  tasks_running: z.int(),
  tasks_reused: z.int(),
  source_bytes_read: z.int(),
  work_total: z.int(),
  work_done: z.int(),
  renditions: z.array(
    z.object({
      name: z.string(),
      width: z.int(),
      height: z.int(),
      codec: z.string(),
      /** Of the job; the rendition shows every so manyth picture. */
      frame_rate: fraction.nullable(),
      frame_step: z.int().positive().nullable(),
      bitrate_kbps: z.int(),
      duration_micros: z.int(),
      size_bytes: z.int(),
      output_key: z.string().nullable(),
      playlist_key: z.string().nullable(),
      quality: measuredQuality.nullable(),
    }),
  ),
});
export type JobRow = z.infer<typeof jobRow>;

export function toJobRecord(row: JobRow): JobRecord {
  const progress = progressOf(row);
  return {
    id: row.id,
    projectId: row.project_id,
    version: row.version,
    workDone: row.work_done,
    status: row.status,
    progress,
    etaSeconds: etaSeconds(row, progress),
    inputKey: row.source_key,
    inputUrl: row.input_url,
    profile: row.profile,
    source: row.media_info && describeSource(row.media_info, row),
    skipped: row.media_info?.skipped ?? [],
    renditions: row.renditions.map((rendition) => ({
      resolution: rendition.name,
      width: rendition.width,
      height: rendition.height,
      bitrateKbps: rendition.bitrate_kbps,
      codec: rendition.codec,
      frameRate:
        rendition.frame_rate && toThousandths(toNumber(rendition.frame_rate) / (rendition.frame_step ?? 1)),
      durationSeconds: rendition.duration_micros / MICROS,
      sizeBytes: rendition.size_bytes,
      outputKey: rendition.output_key,
      playlistKey: rendition.playlist_key,
      quality: rendition.quality,
    })),
    audio: row.published?.audio ?? [],
    subtitles: row.published?.subtitles ?? [],
    hlsKey: row.hls_key,
    dashKey: row.dash_key,
    playable: row.playable,
    posterKey: row.poster_key,
    storyboardKey: row.storyboard_key,
    tasks: {
      total: row.tasks_total,
      done: row.tasks_done,
      running: row.tasks_running,
      reused: row.tasks_reused,
    },
    error: row.failure_code === null ? null : { code: row.failure_code, message: row.failure_message ?? '' },
    metadata: row.metadata,
    tags: row.tags,
    priority: row.priority,
    notBefore: row.not_before,
    public: row.public,
    playbackRevision: row.playback_revision,
    legalHold: row.legal_hold,
    actor: row.actor,
    retries: row.retries,
    eventNumber: row.event_number,
    playableAt: row.playable_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}

/** Before the plan the total is not known, so nothing counts as done. */
function progressOf(row: JobRow): number {
  if (row.status === 'completed') return 1;
  if (!row.planned || row.work_total === 0) return 0;
  return Math.min(ALMOST, Math.floor((row.work_done / row.work_total) * 10_000) / 10_000);
}

function etaSeconds(row: JobRow, progress: number): number | null {
  if (isFinal(row.status) || row.running_seconds === null || progress < FIRST_GUESS) return null;
  return Math.ceil((row.running_seconds * (1 - progress)) / progress);
}

function describeSource(
  info: MediaInfo,
  row: Pick<JobRow, 'source_size_bytes' | 'source_bytes_read'>,
): JobRecord['source'] {
  const { video } = info;
  const audio = info.audio[0];
  return {
    width: video?.width ?? null,
    height: video?.height ?? null,
    durationSeconds: info.durationMicros / MICROS,
    frameRate: video && toThousandths(toNumber(video.frameRate)),
    videoCodec: video?.codec ?? null,
    audioCodec: audio?.codec ?? null,
    audioChannels: audio?.channels ?? null,
    container: info.uploadedFormat,
    rotation: video?.rotation ?? null,
    bitrateKbps: info.bitrateKbps,
    sizeBytes: row.source_size_bytes ?? 0,
    digest: info.digest,
    interlaced: video !== null && isInterlaced(video),
    hdr: video !== null && isHdr(video),
    closedCaptions: video?.closedCaptions ?? false,
    audioTracks: info.audio.length,
    subtitleTracks: info.subtitles.length,
    bytesRead: row.source_bytes_read,
  };
}

function toThousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
