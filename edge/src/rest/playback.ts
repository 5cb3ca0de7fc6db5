import { OpenAPIHono } from '@hono/zod-openapi';
import { DASH_TYPE, MANIFEST_NAME } from '@millrace/shared/manifest/dash.ts';
import { HLS_TYPE, I_FRAMES_NAME, MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import type { Context as HonoContext } from 'hono';
import type { MediaRef } from '../playback/find-media.ts';
import { openPlayback } from '../playback/open-playback.ts';
import { type ManifestRef, readManifest } from '../playback/read-manifest.ts';
import { serveMedia } from '../playback/serve-media.ts';
import { entityTag, namesTag } from './entity-tag.ts';
import { playbackOperations } from './playback-operations.ts';
import type { RestEnv } from './rest-env.ts';

const JOB = '/playback/:token/:job_id{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}}';
const TRACK = `${JOB}/:track{[A-Za-z0-9_-]{1,64}}`;

/** Playback needs no key but the one in its path. Players write the URLs, so the paths are those of the manifests. */
export function playback(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();
  for (const operation of playbackOperations()) app.openAPIRegistry.registerPath(operation);

  app.use(`${JOB}/*`, async (c, next) => {
    await openPlayback(c.env.context, {
      jobId: c.req.param('job_id'),
      token: c.req.param('token'),
      address: c.req.header('cf-connecting-ip') ?? 'unknown',
    });
    await next();
  });
  app.get(`${JOB}/${MULTIVARIANT_NAME}`, (c) => manifest(c, c.req.param('job_id'), { kind: 'multivariant' }));
  app.get(`${JOB}/${MANIFEST_NAME}`, (c) => manifest(c, c.req.param('job_id'), { kind: 'dash' }));
  app.get(`${JOB}/:file{[A-Za-z0-9_-]{1,64}\\.(?:mp4|m4a|vtt|jpg)}`, (c) =>
    media(c, c.req.param('job_id'), { kind: 'file', name: c.req.param('file') }),
  );
  app.get(`${TRACK}/${PLAYLIST_NAME}`, (c) =>
    manifest(c, c.req.param('job_id'), { kind: 'media', track: c.req.param('track') }),
  );
  app.get(`${TRACK}/${I_FRAMES_NAME}`, (c) =>
    manifest(c, c.req.param('job_id'), { kind: 'i-frames', track: c.req.param('track') }),
  );
  app.get(`${TRACK}/init.mp4`, (c) =>
    media(c, c.req.param('job_id'), { kind: 'init', track: c.req.param('track') }),
  );
  app.get(`${TRACK}/:file{\\d{1,7}\\.m4s}`, (c) => {
    const number = Number.parseInt(c.req.param('file'), 10);
    return media(c, c.req.param('job_id'), { kind: 'segment', track: c.req.param('track'), number });
  });
  app.get(`${TRACK}/:file{\\d{1,7}\\.vtt}`, (c) => {
    const name = `${c.req.param('track')}/${c.req.param('file')}`;
    return media(c, c.req.param('job_id'), { kind: 'file', name });
  });
  return app;
}

async function manifest(c: HonoContext<RestEnv>, jobId: string, ref: ManifestRef): Promise<Response> {
  const { text, final } = await readManifest(c.env.context, { jobId, ref });
  const etag = await entityTag(text);
  const headers = { etag, 'cache-control': final ? 'private, max-age=3600' : 'private, no-cache' };
  if (namesTag(c.req.header('if-none-match'), etag)) return c.body(null, 304, headers);
  return c.body(text, 200, { ...headers, 'content-type': ref.kind === 'dash' ? DASH_TYPE : HLS_TYPE });
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
