import { z } from '@hono/zod-openapi';
import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import type { JobView } from '../jobs/view-job.ts';

const key = z.string().describe('Object key. GET /download-url/{output_key} makes a link of it.');
const at = z.iso.datetime();

const source = z
  .object({
    width: z.int().nullable().describe('Of the picture as it is seen: rotated, with square pixels.'),
    height: z.int().nullable().describe('Of the picture as it is seen.'),
    duration_seconds: z.number().describe('Length of the longest stream.'),
    frame_rate: z.number().nullable().describe('Frames per second of all renditions.'),
    video_codec: z.string().nullable().describe("FFmpeg's name of it."),
    audio_codec: z.string().nullable().describe("FFmpeg's name of it; null without sound."),
    audio_channels: z.int().nullable().describe('Null without sound.'),
    container: z.string().describe("FFmpeg's name of the container."),
    rotation: z.int().nullable().describe('Degrees by which the stored picture is turned clockwise.'),
    bitrate_kbps: z.int().nullable().describe('Of the whole file.'),
    size_bytes: z.int().describe('Of the whole file.'),
  })
  .openapi('Source');

const rendition = z
  .object({
    resolution: z.string().describe('Short side of the picture: "720p".'),
    width: z.int().describe('In pixels, which are square.'),
    height: z.int().describe('In pixels.'),
    bitrate_kbps: z.int().describe('Average over the whole rendition.'),
    codec: z.string().describe('Video codec.'),
    duration_seconds: z.number().describe('Length.'),
    size_bytes: z.int().describe('Of the MP4 file, or of all segments when there is none.'),
    output_key: key.nullable().describe('The MP4 file; null when the profile asks for none.'),
    playlist_key: key.nullable().describe('The HLS media playlist; null when the profile asks for none.'),
  })
  .openapi('Rendition');

export const job = z
  .object({
    id: z.uuid().describe('Names the job.'),
    status: z.enum(JOB_STATUSES).describe('The last three are final.'),
    progress: z.number().min(0).max(1).describe('Never falls; 1 only when completed.'),
    eta_seconds: z.int().nullable().describe('Until completion, at the rate so far; null when unknown.'),
    input_key: z
      .string()
      .nullable()
      .describe('The source object; null until a source that is fetched has arrived.'),
    input_url: z.string().nullable().describe('Where the source was fetched from.'),
    profile: z.record(z.string(), z.unknown()).describe('What is made, spelled out.'),
    source: z.union([source, z.null()]).describe('What the source is; null until it was analyzed.'),
    renditions: z.array(rendition).describe('What was made, largest first.'),
    hls_key: key.nullable().describe('The HLS multivariant playlist.'),
    hls_url: z
      .string()
      .nullable()
      .describe('Plays the job from the private bucket, while it runs too; signed, expires.'),
    poster_key: key.nullable().describe('A picture of the film.'),
    poster_url: z.string().nullable().describe('Shows the picture; signed, expires.'),
    tasks: z
      .object({
        total: z.int().describe('Pieces of work.'),
        done: z.int().describe('Finished.'),
        running: z.int().describe('In the hands of a worker now.'),
      })
      .describe('The work of the job.'),
    error: z
      .object({ code: z.string().describe('A stable word.'), message: z.string().describe('For people.') })
      .nullable()
      .describe('Why it failed.'),
    error_message: z.string().nullable().describe('`error.message` again.'),
    metadata: z.record(z.string(), z.unknown()).describe('What the creator of the job gave.'),
    tags: z.array(z.string()).describe('Words to find the job by.'),
    priority: z.int().describe("Higher goes first among the project's jobs."),
    not_before: at.nullable().describe('Nothing of it starts earlier.'),
    public: z.boolean().describe('Plays without a signed link.'),
    legal_hold: z.boolean().describe('Nothing erases the job.'),
    actor: z.string().describe('Who created it.'),
    retries: z.int().describe('How often it was taken up again.'),
    playable_at: at.nullable().describe('Since when it can be played.'),
    created_at: at.describe('When it was accepted.'),
    started_at: at.nullable().describe('When its first task started.'),
    finished_at: at.nullable().describe('When it reached a final status.'),
  })
  .openapi('Job');

export function jobJson(view: JobView): z.infer<typeof job> {
  return {
    id: view.id,
    status: view.status,
    progress: view.progress,
    eta_seconds: view.etaSeconds,
    input_key: view.inputKey,
    input_url: view.inputUrl,
    profile: view.profile,
    source: view.source && {
      width: view.source.width,
      height: view.source.height,
      duration_seconds: view.source.durationSeconds,
      frame_rate: view.source.frameRate,
      video_codec: view.source.videoCodec,
      audio_codec: view.source.audioCodec,
      audio_channels: view.source.audioChannels,
      container: view.source.container,
      rotation: view.source.rotation,
      bitrate_kbps: view.source.bitrateKbps,
      size_bytes: view.source.sizeBytes,
    },
    renditions: view.renditions.map((made) => ({
      resolution: made.resolution,
      width: made.width,
      height: made.height,
      bitrate_kbps: made.bitrateKbps,
      codec: made.codec,
      duration_seconds: made.durationSeconds,
      size_bytes: made.sizeBytes,
      output_key: made.outputKey,
      playlist_key: made.playlistKey,
    })),
    hls_key: view.hlsKey,
    hls_url: view.hlsUrl,
    poster_key: view.posterKey,
    poster_url: view.posterUrl,
    tasks: view.tasks,
    error: view.error,
    error_message: view.error?.message ?? null,
    metadata: view.metadata,
    tags: view.tags,
    priority: view.priority,
    not_before: view.notBefore,
    public: view.public,
    legal_hold: view.legalHold,
    actor: view.actor,
    retries: view.retries,
    playable_at: view.playableAt,
    created_at: view.createdAt,
    started_at: view.startedAt,
    finished_at: view.finishedAt,
  };
}
