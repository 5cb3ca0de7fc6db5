import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { mintPlayback } from '../playback/mint-playback.ts';
import { MAX_LIFETIME_SECONDS } from '../playback/playback-token.ts';
import { revokePlayback } from '../playback/revoke-playback.ts';
import { needs } from './needs.ts';
import { json, wholeNumber } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const params = z.object({ id: z.uuid('must be a UUID').describe('The job.') });

const getPlayback = createRoute({
  method: 'get',
  path: '/jobs/{id}/playback',
  operationId: 'getPlayback',
  summary: 'Make links that play a job',
  middleware: needs('jobs:read'),
  request: {
    params,
    query: z.strictObject({
      lifetime_seconds: wholeNumber(1, MAX_LIFETIME_SECONDS)
        .optional()
        .describe(
          "How long the links play, up to seven days. Raised to the film's length and an hour. Default: that, and up to six hours more.",
        ),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          hls_url: z.string().nullable().describe('The HLS multivariant playlist; null until it can be had.'),
          dash_url: z.string().nullable().describe('The DASH manifest; null until it can be had.'),
          poster_url: z.string().nullable().describe('A picture of the film; null until it can be had.'),
          storyboard_url: z
            .string()
            .nullable()
            .describe('WebVTT index of small pictures, for seek bars; null until it can be had.'),
          mp4_urls: z
            .array(
              z.object({
                resolution: z.string().describe('As in `renditions`.'),
                url: z.string().describe('The MP4 file, for players that know no HLS.'),
              }),
            )
            .describe('Largest first; empty until they can be had.'),
          audio_urls: z
            .array(
              z.object({
                track: z.string().describe('As in `audio`.'),
                url: z.string().describe('The M4A file.'),
              }),
            )
            .describe('Of jobs of sound alone; empty until they can be had.'),
          subtitle_urls: z
            .array(
              z.object({
                track: z.string().describe('As in `subtitles`.'),
                url: z.string().describe('The whole track as WebVTT.'),
              }),
            )
            .describe('Empty until they can be had.'),
          expires_at: z.iso.datetime().describe('The links play until then, unless they are revoked.'),
        })
        .openapi('Playback'),
      'The links. Asking again soon gives the same ones.',
    ),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden', 'job_not_found'),
  },
});

const postRevoke = createRoute({
  method: 'post',
  path: '/jobs/{id}/playback/revoke',
  operationId: 'revokePlayback',
  summary: 'Make all links to a job that were given out worthless',
  middleware: needs('jobs:write'),
  request: { params },
  responses: {
    204: { description: 'Within five seconds none of them plays. The job gives new ones.' },
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden', 'job_not_found', 'cache_unavailable'),
  },
});

/** Who may watch a job: links are given out here, and taken back. */
export function playbackAccess(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(getPlayback, async (c) => {
    const minted = await mintPlayback(c.env.context, {
      projectId: c.get('projectId'),
      jobId: c.req.valid('param').id,
      lifetimeSeconds: c.req.valid('query').lifetime_seconds ?? null,
      origin: c.get('origin'),
    });
    const body = {
      hls_url: minted.hlsUrl,
      dash_url: minted.dashUrl,
      poster_url: minted.posterUrl,
      storyboard_url: minted.storyboardUrl,
      mp4_urls: minted.mp4Urls,
      audio_urls: minted.audioUrls,
      subtitle_urls: minted.subtitleUrls,
      expires_at: minted.expiresAt.toISOString(),
    };
    return c.json(body, 200);
  });

  app.openapi(postRevoke, async (c) => {
    await revokePlayback(c.env.context, {
      projectId: c.get('projectId'),
      jobId: c.req.valid('param').id,
      actor: c.get('caller').actor,
    });
    return c.body(null, 204);
  });

  return app;
}
