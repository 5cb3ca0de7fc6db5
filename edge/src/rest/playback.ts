import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import type { Context as HonoContext } from 'hono';
import type { MediaRef } from '../playback/find-media.ts';
import { openPlayback } from '../playback/open-playback.ts';
import { readPlaylist } from '../playback/read-playlist.ts';
import { serveMedia } from '../playback/serve-media.ts';
import { entityTag, namesTag } from './entity-tag.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const HLS_TYPE = 'application/vnd.apple.mpegurl';
const JOB = '/playback/:token/:job_id{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}}';
const TRACK = `${JOB}/:track{[A-Za-z0-9_-]{1,64}}`;

const jobParams = z.object({
  token: z
    .string()
    .describe(
      'Opens the job until it expires or is revoked; comes with `hls_url`. `public` opens public jobs.',
    ),
  job_id: z.uuid().describe('The job.'),
});
const trackParams = jobParams.extend({ track: z.string().describe('A rendition or an audio track.') });
const refusals = [
  'playback_forbidden',
  'route_not_found',
  'job_not_found',
  'object_not_found',
  'rate_limited',
  'storage_unavailable',
] as const;
const notModified = { description: 'Nothing has changed since the answer whose ETag If-None-Match names.' };

/** Playback needs no key but the one in its path. Players write the URLs, so the paths are those of the playlists. */
export function playback(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();
  for (const operation of operations()) app.openAPIRegistry.registerPath(operation);

  app.use(`${JOB}/*`, async (c, next) => {
    await openPlayback(c.env.context, {
      jobId: c.req.param('job_id'),
      token: c.req.param('token'),
      address: c.req.header('cf-connecting-ip') ?? 'unknown',
    });
    await next();
  });
  app.get(`${JOB}/${MULTIVARIANT_NAME}`, (c) => playlist(c, c.req.param('job_id'), null));
  app.get(`${JOB}/poster.jpg`, (c) => media(c, c.req.param('job_id'), { kind: 'poster' }));
  app.get(`${JOB}/:file{[A-Za-z0-9_-]{1,64}\\.mp4}`, (c) => {
    const rendition = c.req.param('file').replace(/\.mp4$/, '');
    return media(c, c.req.param('job_id'), { kind: 'file', rendition });
  });
  app.get(`${TRACK}/${PLAYLIST_NAME}`, (c) => playlist(c, c.req.param('job_id'), c.req.param('track')));
  app.get(`${TRACK}/init.mp4`, (c) =>
    media(c, c.req.param('job_id'), { kind: 'init', track: c.req.param('track') }),
  );
  app.get(`${TRACK}/:file{\\d{1,7}\\.m4s}`, (c) => {
    const number = Number.parseInt(c.req.param('file'), 10);
    return media(c, c.req.param('job_id'), { kind: 'segment', track: c.req.param('track'), number });
  });
  return app;
}

async function playlist(c: HonoContext<RestEnv>, jobId: string, track: string | null): Promise<Response> {
  const { text, final } = await readPlaylist(c.env.context, { jobId, track });
  const etag = await entityTag(text);
  const headers = { etag, 'cache-control': final ? 'private, max-age=3600' : 'private, no-cache' };
  if (namesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  return c.body(text, 200, { ...headers, 'content-type': HLS_TYPE });
}

function media(c: HonoContext<RestEnv>, jobId: string, ref: MediaRef): Promise<Response> {
  const { context, mediaCache } = c.env;
  return serveMedia(context, mediaCache, {
    jobId,
    ref,
    headOnly: c.req.method === 'HEAD',
    headers: c.req.raw.headers,
  });
}

function operations() {
  const operation = (
    path: string,
    operationId: string,
    summary: string,
    type: string,
    params: z.ZodObject,
  ) => {
    const content = { [type]: { schema: z.string() } };
    const ofMedia = {
      206: { description: 'The bytes that Range asks for.', content },
      416: { description: 'There are no such bytes as Range asks for.' },
    };
    return createRoute({
      method: 'get',
      path: `/playback/{token}/{job_id}/${path}`,
      operationId,
      summary,
      request: { params },
      responses: {
        200: { description: summary, content },
        304: notModified,
        ...(type === HLS_TYPE
          ? refusedWith(...refusals, 'not_playable_yet')
          : { ...ofMedia, ...refusedWith(...refusals) }),
      },
    });
  };
  return [
    operation(
      MULTIVARIANT_NAME,
      'getMultivariantPlaylist',
      'The HLS multivariant playlist',
      HLS_TYPE,
      jobParams,
    ),
    operation('poster.jpg', 'getPoster', 'The poster', 'image/jpeg', jobParams),
    operation(
      `{track}/${PLAYLIST_NAME}`,
      'getMediaPlaylist',
      'The HLS playlist of a track',
      HLS_TYPE,
      trackParams,
    ),
    operation(
      '{rendition}.mp4',
      'getFile',
      'The MP4 file of a rendition',
      'video/mp4',
      jobParams.extend({ rendition: z.string().describe('As in `renditions[].resolution`.') }),
    ),
    operation(
      '{track}/init.mp4',
      'getInit',
      'The initialisation segment of a track',
      'video/mp4',
      trackParams,
    ),
    operation(
      '{track}/{number}.m4s',
      'getSegment',
      'A media segment of a track',
      'video/iso.segment',
      trackParams.extend({ number: z.string().describe('From 0, with leading zeros.') }),
    ),
  ];
}
