import { z } from '@hono/zod-openapi';
import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import { skippedStream } from '@millrace/shared/media/media-info.ts';
import type { JobView } from '../jobs/view-job.ts';

const key = z.string().describe('Object key. GET /download-url/{output_key} makes a link of it.');
const at = z.iso.datetime();

const source = z
  .object({
    width: z.int().nullable().describe('Of the picture as it is seen: rotated, with square pixels.'),
    height: z.int().nullable().describe('Of the picture as it is seen.'),
    duration_seconds: z.number().describe('Length of the longest stream.'),
    frame_rate: z
      .number()
      .nullable()
      .describe('Frames per second; of variable rates the one that they become.'),
    video_codec: z.string().nullable().describe("FFmpeg's name of it."),
    audio_codec: z.string().nullable().describe("FFmpeg's name of it; null without sound."),
    audio_channels: z.int().nullable().describe('Null without sound.'),
    container: z.string().describe("FFmpeg's name of the container."),
    rotation: z.int().nullable().describe('Degrees by which the stored picture is turned clockwise.'),
    bitrate_kbps: z.int().nullable().describe('Of the whole file.'),
    size_bytes: z.int().describe('Of the whole file.'),
    digest: z
      .string()
      .nullable()
      .describe('"sha-256:…" of the whole file; null where nobody has read all of it.'),
    interlaced: z.boolean().describe('Its frames hold two fields each.'),
    hdr: z.boolean().describe('HDR10 or HLG, which become SDR.'),
    closed_captions: z.boolean().describe('CEA-608 or CEA-708 captions lie in its pictures.'),
    audio_tracks: z.int().describe('How many it has that can be used.'),
    subtitle_tracks: z.int().describe('How many of text it has.'),
    bytes_read: z.int().describe('Fetched from storage by all workers so far.'),
  })
  .openapi('Source');

const quality = z
  .object({
    ssim: z.number().describe('Of all planes, 0 to 1.'),
    psnr: z.number().describe('In dB; 100 where nothing differs.'),
    vmaf: z.number().nullable().describe('0 to 100; null where no worker could tell.'),
    frames: z.int().describe('How many were compared.'),
  })
  .openapi('Quality');

const rendition = z
  .object({
    resolution: z
      .string()
      .describe('Short side of the picture, and the codec where several have it: "720p", "720p-av1".'),
    width: z.int().describe('In pixels, which are square.'),
    height: z.int().describe('In pixels.'),
    bitrate_kbps: z.int().describe('Average over the whole rendition.'),
    codec: z.string().describe('Video codec, as RFC 6381 writes it: "avc1.64001f".'),
    frame_rate: z.number().nullable().describe('Frames per second; null for jobs of earlier versions.'),
    duration_seconds: z.number().describe('Length.'),
    size_bytes: z.int().describe('Of the MP4 file, or of all segments when there is none.'),
    output_key: key.nullable().describe('The MP4 file; null when the profile asks for none.'),
    playlist_key: key.nullable().describe('The HLS media playlist; null when the profile asks for none.'),
    quality: z
      .union([quality, z.null()])
      .describe('How near it comes to the source, over samples; null unless the profile asks for it.'),
  })
  .openapi('Rendition');

const audioTrack = z
  .object({
    track: z.string().describe('Names it in manifests and links: "audio-0", "audio-0-surround".'),
    codec: z.string().describe('As RFC 6381 writes it: "mp4a.40.2".'),
    channels: z.int().describe('1, 2 or 6.'),
    language: z.string().nullable().describe('As in the source.'),
    title: z.string().nullable().describe('As in the source.'),
    bitrate_kbps: z.int().describe('Average over the whole track.'),
    duration_seconds: z.number().describe('Length.'),
    size_bytes: z.int().describe('Of the M4A file, or of all segments when there is none.'),
    output_key: key.nullable().describe('The M4A file, which jobs of sound alone have.'),
    playlist_key: key.nullable().describe('The HLS media playlist; null when the profile asks for none.'),
  })
  .openapi('AudioTrack');

const subtitleTrack = z
  .object({
    track: z.string().describe('Names it in manifests and links: "subs-0".'),
    language: z.string().nullable().describe('As in the source, or as the file was announced.'),
    title: z.string().nullable().describe('As in the source, or as the file was announced.'),
    forced: z.boolean().describe('Shown to everyone: translates signs and foreign speech.'),
    output_key: key.nullable().describe('The whole track as WebVTT.'),
    playlist_key: key.nullable().describe('The HLS media playlist; null when the profile asks for none.'),
  })
  .openapi('SubtitleTrack');

const skipped = skippedStream
  .extend({
    kind: skippedStream.shape.kind.describe('What it is a stream of.'),
    codec: z.string().describe("FFmpeg's name of it."),
    reason: skippedStream.shape.reason.describe('Why nothing is made of it.'),
    language: z.string().nullable().describe('As in the source.'),
  })
  .openapi('SkippedStream');

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
    skipped: z.array(skipped).describe('Streams of the source that nothing is made of.'),
    renditions: z.array(rendition).describe('The video that was made: of each codec, largest first.'),
    audio: z.array(audioTrack).describe('The audio tracks that were made, the default one first.'),
    subtitles: z.array(subtitleTrack).describe('The subtitle tracks that were made.'),
    hls_key: key.nullable().describe('The HLS multivariant playlist.'),
    hls_url: z
      .string()
      .nullable()
      .describe('Plays the job from the private bucket, while it runs too; signed, expires.'),
    dash_key: key.nullable().describe('The DASH manifest.'),
    dash_url: z.string().nullable().describe('Plays the completed job over DASH; signed, expires.'),
    poster_key: key.nullable().describe('A picture of the film.'),
    poster_url: z.string().nullable().describe('Shows the picture; signed, expires.'),
    storyboard_key: key.nullable().describe('WebVTT index of small pictures of the film, for seek bars.'),
    storyboard_url: z.string().nullable().describe('The index, beside its pictures; signed, expires.'),
    tasks: z
      .object({
        total: z.int().describe('Pieces of work.'),
        done: z.int().describe('Finished.'),
        running: z.int().describe('In the hands of a worker now.'),
        reused: z.int().describe('Taken over from an earlier job, and never run.'),
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
      digest: view.source.digest,
      interlaced: view.source.interlaced,
      hdr: view.source.hdr,
      closed_captions: view.source.closedCaptions,
      audio_tracks: view.source.audioTracks,
      subtitle_tracks: view.source.subtitleTracks,
      bytes_read: view.source.bytesRead,
    },
    skipped: view.skipped,
    renditions: view.renditions.map((made) => ({
      resolution: made.resolution,
      width: made.width,
      height: made.height,
      bitrate_kbps: made.bitrateKbps,
      codec: made.codec,
      frame_rate: made.frameRate,
      duration_seconds: made.durationSeconds,
      size_bytes: made.sizeBytes,
      output_key: made.outputKey,
      playlist_key: made.playlistKey,
      quality: made.quality,
    })),
    audio: view.audio.map((made) => ({
      track: made.track,
      codec: made.codec,
      channels: made.channels,
      language: made.language,
      title: made.title,
      bitrate_kbps: made.bitrateKbps,
      duration_seconds: made.durationSeconds,
      size_bytes: made.sizeBytes,
      output_key: made.outputKey,
      playlist_key: made.playlistKey,
    })),
    subtitles: view.subtitles.map((made) => ({
      track: made.track,
      language: made.language,
      title: made.title,
      forced: made.forced,
      output_key: made.outputKey,
      playlist_key: made.playlistKey,
    })),
    hls_key: view.hlsKey,
    hls_url: view.hlsUrl,
    dash_key: view.dashKey,
    dash_url: view.dashUrl,
    poster_key: view.posterKey,
    poster_url: view.posterUrl,
    storyboard_key: view.storyboardKey,
    storyboard_url: view.storyboardUrl,
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
