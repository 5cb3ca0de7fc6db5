import { z } from 'zod';
import { requireScope } from '../auth/caller.ts';
import { changedJob } from '../jobs/changed-job.ts';
import { type MintedPlayback, mintPlayback } from '../playback/mint-playback.ts';
import { MAX_LIFETIME_SECONDS } from '../playback/playback-token.ts';
import { revokePlayback } from '../playback/revoke-playback.ts';
import { builder } from './builder.ts';
import { job } from './job-type.ts';
import { orNull } from './or-null.ts';
import { isId, readInput, requireId } from './read-input.ts';

const lifetime = z.int().min(1).max(MAX_LIFETIME_SECONDS).nullable();

const fileLink = builder.objectRef<MintedPlayback['mp4Urls'][number]>('Mp4Link').implement({
  description: 'A link to one MP4 file.',
  fields: (t) => ({
    resolution: t.exposeString('resolution', { description: 'As in `renditions`.' }),
    url: t.exposeString('url', { description: 'The file, for players that know no HLS.' }),
  }),
});

const trackLink = builder.objectRef<MintedPlayback['audioUrls'][number]>('TrackLink').implement({
  description: 'A link to the file of one track.',
  fields: (t) => ({
    track: t.exposeString('track', { description: 'As in `audio` or `subtitles`.' }),
    url: t.exposeString('url', { description: 'The file: M4A, or WebVTT.' }),
  }),
});

const links = builder.objectRef<MintedPlayback>('PlaybackLinks').implement({
  description: 'Signed links that play a job.',
  fields: (t) => ({
    hlsUrl: t.exposeString('hlsUrl', {
      nullable: true,
      description: 'The HLS multivariant playlist; null until it can be had.',
    }),
    dashUrl: t.exposeString('dashUrl', {
      nullable: true,
      description: 'The DASH manifest; null until it can be had.',
    }),
    posterUrl: t.exposeString('posterUrl', {
      nullable: true,
      description: 'A picture of the film; null until it can be had.',
    }),
    storyboardUrl: t.exposeString('storyboardUrl', {
      nullable: true,
      description: 'WebVTT index of small pictures, for seek bars; null until it can be had.',
    }),
    mp4Urls: t.expose('mp4Urls', {
      type: [fileLink],
      description: 'Largest first; empty until they can be had.',
    }),
    audioUrls: t.expose('audioUrls', {
      type: [trackLink],
      description: 'The M4A files of jobs of sound alone; empty until they can be had.',
    }),
    subtitleUrls: t.expose('subtitleUrls', {
      type: [trackLink],
      description: 'Whole WebVTT files; empty until they can be had.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'The links play until then, unless they are revoked.',
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
  }),
});

builder.queryField('playbackLinks', (t) =>
  t.field({
    type: links,
    nullable: true,
    description:
      'Links that play a job; null when there is none of this id. Asking again soon gives the same.',
    args: {
      id: t.arg.id({ required: true, description: 'The job.' }),
      lifetimeSeconds: t.arg.int({
        description:
          "How long the links play, up to seven days. Raised to the film's length and an hour. Default: that, and up to six hours more.",
      }),
    },
    complexity: 10,
    resolve: (_root, { id, lifetimeSeconds }, { ctx, caller, origin }) => {
      requireScope(caller, 'jobs:read');
      const chosen = readInput(lifetime, lifetimeSeconds ?? null, ['lifetimeSeconds']);
      if (!isId(id)) return null;
      const job = { projectId: caller.projectId, jobId: id };
      return orNull(mintPlayback(ctx, { ...job, lifetimeSeconds: chosen, origin }));
    },
  }),
);

builder.mutationField('revokePlayback', (t) =>
  t.field({
    type: job,
    description:
      'Makes all signed links to a job that were given out worthless, within five seconds. The job has new ones.',
    args: { id: t.arg.id({ required: true, description: 'The job.' }) },
    complexity: 20,
    resolve: async (_root, { id }, { ctx, caller, origin }) => {
      requireScope(caller, 'jobs:write');
      const ref = { projectId: caller.projectId, jobId: requireId(id) };
      await revokePlayback(ctx, { ...ref, actor: caller.actor });
      return changedJob(ctx, ref, origin);
    },
  }),
);
