import { eq } from 'drizzle-orm';
import { jobs, renditions, segments } from '../../db/schema.ts';
import { newPlaybackMemory } from '../../playback/playback-state.ts';
import { signPlayback } from '../../playback/playback-token.ts';
import { PLAN, seedFile, seedJob, seedTrack } from '../../testing/seed-job.ts';
import { storeJob } from '../../testing/store-job.ts';
import { send } from '../send.ts';
import { UNKNOWN, type World, withoutStatusCache, withoutStorage } from '../world.ts';
import type { Ask, Case, Cases } from './case.ts';
import { USED_UP } from './common.ts';

const PUBLISHED = {
  'master.m3u8': '#EXTM3U\n',
  '720p/playlist.m3u8': '#EXTM3U\n',
  '720p/iframes.m3u8': '#EXTM3U\n',
  'manifest.mpd': '<MPD/>',
};
const FILES = ['poster.jpg', '720p.mp4', '720p.m4a', '720p.vtt', '720p/00000.vtt', 'storyboard.vtt'];
const TRACKS = { '720p': 100, '480p': 100, 'audio-0': 192_000 };

/** The parameters of a link to a job that is good. */
async function linkTo(
  { ctx }: Pick<World, 'ctx'>,
  jobId: string,
): Promise<Ask & { params: Record<string, string> }> {
  const grant = { expiresAt: Math.floor(Date.now() / 1000) + 600, revision: 0 };
  const token = await signPlayback(ctx.config.playbackSecret, jobId, grant);
  return { params: { token, job_id: jobId, track: '720p', rendition: '720p', number: '00000' } };
}

async function growing(world: World) {
  const jobId = await seedJob(world.ctx, { playableAt: new Date() });
  for (const [name, unitsPerSegment] of Object.entries(TRACKS)) {
    await seedTrack(world.ctx, jobId, name, { numbers: [0, 1], unitsPerSegment });
  }
  await world.ctx.db.update(segments).set({ keyBytes: 4 }).where(eq(segments.jobId, jobId));
  return linkTo(world, jobId);
}

async function published(world: World) {
  const { ctx } = world;
  const { jobId, outputKey, prefix } = await storeJob(ctx);
  const folder = `${prefix}1`;
  for (const [name, text] of Object.entries(PUBLISHED)) {
    await ctx.storage.putOnce(`${folder}/${name}`, text, 'text/plain');
  }
  await seedTrack(ctx, jobId, '720p', { numbers: [0] });
  for (const name of [...FILES, 'storyboard-00000.jpg']) await seedFile(ctx, jobId, name);
  const keys = {
    ...{ hlsKey: `${folder}/master.m3u8`, dashKey: `${folder}/manifest.mpd` },
    ...{ posterKey: `${folder}/poster.jpg`, storyboardKey: `${folder}/storyboard.vtt` },
  };
  await ctx.db.update(jobs).set(keys).where(eq(jobs.id, jobId));
  await ctx.db.insert(renditions).values({
    ...{ jobId, name: '720p', position: 0, width: 1280, height: 720, codec: 'avc1', bitrateKbps: 900 },
    ...{ durationMicros: 8_000_000, sizeBytes: 6, outputKey, playlistKey: `${folder}/720p/playlist.m3u8` },
  });
  return { ...(await linkTo(world, jobId)), jobId, outputKey };
}

const forged: Case = async (world) => {
  const link = await growing(world);
  return { params: { ...link.params, token: 'zzzzzz.0.AAAA' } };
};
const erased: Case = (world) => linkTo(world, UNKNOWN);
const empty: Case = async (world) => linkTo(world, await seedJob(world.ctx, { status: 'failed' }));
const notBegun: Case = async (world) => linkTo(world, await seedJob(world.ctx));
const notPublished: Case = async (world) =>
  linkTo(world, await seedJob(world.ctx, { plan: { ...PLAN, packaging: ['dash'] } }));
const noStorage: Case = async (world) => ({
  ...(await published(world)),
  ctx: withoutStorage(world.ctx, 'get'),
});
const nowhere: Case = async (world) => {
  const { params } = await notBegun(world);
  return { params: { ...params, job_id: 'nowhere' } };
};
/** Asks again with the tag of the first answer. */
const withTag =
  (file: string): Case =>
  async (world) => {
    const link = await published(world);
    const { token, job_id } = link.params;
    const path = `/playback/${token}/${job_id}/${file}`;
    const { headers } = await send(world.ctx, { method: 'GET', path, headers: {} });
    return { params: link.params, headers: { 'if-none-match': headers.get('etag') ?? '' } };
  };
const withRange =
  (range: string): Case =>
  async (world) => ({ ...(await published(world)), headers: { range } });

/** Somebody has guessed too often. */
const guessed: Case = async ({ ctx }) => ({
  params: { ...(await linkTo({ ctx }, UNKNOWN)).params, token: 'public' },
  ctx: { ...ctx, playback: newPlaybackMemory(), rateLimiter: { take: async () => USED_UP } },
});

const link = {
  ...{ playback_forbidden: forged, job_not_found: erased, route_not_found: nowhere, rate_limited: guessed },
};
const playlist = (file: string, there: Case = growing, early: Case = notBegun) => ({
  ...{ 200: there, 304: withTag(file), not_playable_yet: early, object_not_found: empty },
  ...{ ...link, storage_unavailable: noStorage },
});
const media = (file: string) => ({
  ...{ 200: published, 206: withRange('bytes=0-2'), 304: withTag(file), 416: withRange('bytes=1000-') },
  ...{ ...link, object_not_found: empty, storage_unavailable: noStorage },
});

export const playbackCases: Cases = {
  getMultivariantPlaylist: playlist('master.m3u8'),
  getMediaPlaylist: playlist('720p/playlist.m3u8'),
  getIFramePlaylist: playlist('720p/iframes.m3u8'),
  getDashManifest: playlist('manifest.mpd', published, notPublished),
  getPoster: media('poster.jpg'),
  getStoryboard: media('storyboard.vtt'),
  getStoryboardSheet: media('storyboard-00000.jpg'),
  getSubtitles: media('720p.vtt'),
  getSubtitlesSegment: media('720p/00000.vtt'),
  getAudioFile: media('720p.m4a'),
  getFile: media('720p.mp4'),
  getInit: media('720p/init.mp4'),
  getSegment: media('720p/00000.m4s'),
  getPlayback: {
    200: async (world) => ({
      params: { id: (await published(world)).jobId },
      query: { lifetime_seconds: '60' },
    }),
    job_not_found: () => ({ params: { id: UNKNOWN } }),
  },
  revokePlayback: {
    204: async ({ ctx }) => ({ params: { id: await seedJob(ctx) } }),
    job_not_found: () => ({ params: { id: UNKNOWN } }),
    cache_unavailable: async ({ ctx }) => ({
      params: { id: await seedJob(ctx) },
      ctx: withoutStatusCache(ctx),
    }),
  },
  getDownloadUrl: {
    200: async (world) => ({ params: { output_key: (await published(world)).outputKey } }),
    object_not_found: () => ({ params: { output_key: `objects/default/${UNKNOWN}/1/720p.mp4` } }),
  },
};
