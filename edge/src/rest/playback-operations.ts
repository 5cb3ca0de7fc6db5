import { createRoute, z } from '@hono/zod-openapi';
import { DASH_TYPE, MANIFEST_NAME } from '@millrace/shared/manifest/dash.ts';
import { HLS_TYPE, I_FRAMES_NAME, MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import { POSTER_NAME, STORYBOARD_NAME } from '@millrace/shared/task/outputs.ts';
import { refusedWith } from './problem.ts';

const VTT_TYPE = 'text/vtt';

const ofJob = z.object({
  token: z
    .string()
    .describe(
      'Opens the job until it expires or is revoked; comes with `hls_url`. `public` opens public jobs.',
    ),
  job_id: z.uuid().describe('The job.'),
});
const ofTrack = ofJob.extend({ track: z.string().describe('A rendition or an audio track.') });
const ofSubtitles = ofJob.extend({ track: z.string().describe('As in `subtitles[].track`.') });
const number = z.string().describe('From 0, with leading zeros.');

const refusals = [
  'playback_forbidden',
  'route_not_found',
  'job_not_found',
  'object_not_found',
  'rate_limited',
  'storage_unavailable',
] as const;
const notModified = { description: 'Nothing has changed since the answer whose ETag If-None-Match names.' };

/** What the document says of playback. Routes of several kinds of file are one in the router. */
export function playbackOperations() {
  return [
    manifest(MULTIVARIANT_NAME, 'getMultivariantPlaylist', 'The HLS multivariant playlist', HLS_TYPE, ofJob),
    manifest(
      `{track}/${PLAYLIST_NAME}`,
      'getMediaPlaylist',
      'The HLS playlist of a track',
      HLS_TYPE,
      ofJob.extend({ track: z.string().describe('A rendition, an audio track or a subtitle track.') }),
    ),
    manifest(
      `{track}/${I_FRAMES_NAME}`,
      'getIFramePlaylist',
      "The HLS playlist of a rendition's keyframes",
      HLS_TYPE,
      ofJob.extend({ track: z.string().describe('A rendition.') }),
    ),
    manifest(MANIFEST_NAME, 'getDashManifest', 'The DASH manifest of a completed job', DASH_TYPE, ofJob),
    media('{track}/init.mp4', 'getInit', 'The initialisation segment of a track', 'video/mp4', ofTrack),
    media(
      '{track}/{number}.m4s',
      'getSegment',
      'A media segment of a track',
      'video/iso.segment',
      ofTrack.extend({ number }),
    ),
    media(
      '{rendition}.mp4',
      'getFile',
      'The MP4 file of a rendition',
      'video/mp4',
      ofJob.extend({ rendition: z.string().describe('As in `renditions[].resolution`.') }),
    ),
    media(
      '{track}.m4a',
      'getAudioFile',
      'The M4A file of an audio track',
      'audio/mp4',
      ofJob.extend({ track: z.string().describe('As in `audio[].track`.') }),
    ),
    media('{track}.vtt', 'getSubtitles', 'A subtitle track in one piece', VTT_TYPE, ofSubtitles),
    media(
      '{track}/{number}.vtt',
      'getSubtitlesSegment',
      'A piece of a subtitle track, for HLS',
      VTT_TYPE,
      ofSubtitles.extend({ number }),
    ),
    media(POSTER_NAME, 'getPoster', 'The poster', 'image/jpeg', ofJob),
    media(STORYBOARD_NAME, 'getStoryboard', 'Index of the pictures of the storyboard', VTT_TYPE, ofJob),
    media(
      'storyboard-{number}.jpg',
      'getStoryboardSheet',
      'Pictures of the storyboard, side by side',
      'image/jpeg',
      ofJob.extend({ number }),
    ),
  ];
}

function manifest(path: string, operationId: string, summary: string, type: string, params: z.ZodObject) {
  const content = { [type]: { schema: z.string() } };
  return createRoute({
    ...{ method: 'get', path: `/playback/{token}/{job_id}/${path}`, operationId, summary },
    request: { params },
    responses: {
      200: { description: summary, content },
      304: notModified,
      ...refusedWith(...refusals, 'not_playable_yet'),
    },
  });
}

function media(path: string, operationId: string, summary: string, type: string, params: z.ZodObject) {
  const content = { [type]: { schema: z.string() } };
  return createRoute({
    ...{ method: 'get', path: `/playback/{token}/{job_id}/${path}`, operationId, summary },
    request: { params },
    responses: {
      200: { description: summary, content },
      206: { description: 'The bytes that Range asks for.', content },
      304: notModified,
      416: { description: 'There are no such bytes as Range asks for.' },
      ...refusedWith(...refusals),
    },
  });
}
