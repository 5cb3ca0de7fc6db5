import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rateLimiter } from '../auth/rate-limiter.ts';
import type { Context } from '../context.ts';
import { jobs, renditions, segments } from '../db/schema.ts';
import type { MediaCache } from '../playback/media-cache.ts';
import { mintPlayback } from '../playback/mint-playback.ts';
import { newPlaybackMemory } from '../playback/playback-state.ts';
import { playbackExpiry, signPlayback } from '../playback/playback-token.ts';
import { revokePlayback } from '../playback/revoke-playback.ts';
import { countStatements } from '../testing/count-statements.ts';
import { ORIGIN, problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { PLAN, seedFile, seedJob, seedTrack } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { job } from './job-json.ts';

const links = z.object({
  hls_url: z.string().nullable(),
  dash_url: z.string().nullable(),
  poster_url: z.string().nullable(),
  storyboard_url: z.string().nullable(),
  mp4_urls: z.array(z.object({ resolution: z.string(), url: z.string() })),
  audio_urls: z.array(z.object({ track: z.string(), url: z.string() })),
  subtitle_urls: z.array(z.object({ track: z.string(), url: z.string() })),
  expires_at: z.iso.datetime(),
});
const TRACKS = ['720p', '480p', 'audio-0'];
let outside: TestContext;
let client: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
});
afterAll(() => outside.close());

/** Where a job plays, without the playlist's name. */
async function baseOf(jobId: string): Promise<string> {
  const grant = { expiresAt: playbackExpiry(Date.now(), 8), revision: 0 };
  const token = await signPlayback(outside.ctx.config.playbackSecret, jobId, grant);
  return `/playback/${token}/${jobId}`;
}

async function growingJob(): Promise<{ jobId: string; base: string }> {
  const jobId = await seedJob(outside.ctx, { playableAt: new Date() });
  for (const name of TRACKS) {
    const unitsPerSegment = name === 'audio-0' ? 192_000 : 100;
    await seedTrack(outside.ctx, jobId, name, { numbers: [0, 1, 3], unitsPerSegment });
  }
  return { jobId, base: await baseOf(jobId) };
}

async function seedSegment(jobId: string, track: string, number: number): Promise<void> {
  const row = { jobId, track, number, taskId: jobId, attempt: 1, sizeBytes: 10, length: 100 };
  await outside.ctx.db
    .insert(segments)
    .values({ ...row, objectKey: `objects/default/${jobId}/1/${number}.m4s` });
}

function urisOf(playlist: string): string[] {
  return playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('while the job runs', () => {
  test('it is not playable before every rendition and the audio have begun', async () => {
    const jobId = await seedJob(outside.ctx);
    for (const name of ['720p', 'audio-0']) await seedTrack(outside.ctx, jobId, name, { numbers: [0] });
    const early = await client.get(`${await baseOf(jobId)}/master.m3u8`);
    expect([early.status, early.as(problemShape).code]).toEqual([404, 'not_playable_yet']);
    expect(early.headers.get('retry-after')).toBe('1');
    expect((await client.get(`/jobs/${jobId}`)).as(job).hls_url).toBeNull();
    expect((await client.get(`${await baseOf(jobId)}/480p/playlist.m3u8`)).status).toBe(404);

    await seedTrack(outside.ctx, jobId, '480p', { numbers: [0] });
    await outside.ctx.db.update(jobs).set({ playableAt: new Date() }).where(eq(jobs.id, jobId));
    await outside.settled();
    const listed = await client.get('/jobs?limit=100');
    expect(listed.text).toContain(`/${jobId}/master.m3u8`);
    const master = await client.get(`${await baseOf(jobId)}/master.m3u8`);
    expect(master.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
    expect(urisOf(master.text)).toEqual(['720p/playlist.m3u8', '480p/playlist.m3u8']);
    expect(master.text).toContain('URI="audio-0/playlist.m3u8"');
  });

  test('a playlist lists the unbroken run of segments, and is asked for again each time', async () => {
    const { base } = await growingJob();
    const playlist = await client.get(`${base}/720p/playlist.m3u8`);
    expect(playlist.headers.get('cache-control')).toBe('private, no-cache');
    expect(playlist.text).toContain('#EXT-X-PLAYLIST-TYPE:EVENT');
    expect(playlist.text).not.toContain('#EXT-X-ENDLIST');
    expect(urisOf(playlist.text)).toEqual(['00000.m4s', '00001.m4s']);
  });

  test('a playlist that has not changed is not sent again', async () => {
    const { jobId, base } = await growingJob();
    const path = `${base}/720p/playlist.m3u8`;
    const first = await client.get(path);
    const tag = first.headers.get('etag') ?? '';
    const same = await client.get(path, { 'if-none-match': `"other", W/${tag}` });
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', tag]);
    expect(same.headers.get('cache-control')).toBe('private, no-cache');
    await seedSegment(jobId, '720p', 2);
    const grown = await client.get(path, { 'if-none-match': tag });
    expect([grown.status, urisOf(grown.text).length]).toEqual([200, 4]);
  });

  test('every URI of the playlists leads to its bytes', async () => {
    const { base } = await growingJob();
    for (const track of TRACKS) {
      const playlist = (await client.get(`${base}/${track}/playlist.m3u8`)).text;
      const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1];
      expect((await client.get(`${base}/${track}/${init}`)).text).toBe(`init of ${track}`);
      for (const [number, uri] of urisOf(playlist).entries()) {
        expect((await client.get(`${base}/${track}/${uri}`)).text).toBe(`segment ${number} of ${track}`);
      }
    }
  });

  test('a job that is not to be packaged as HLS has no playlists', async () => {
    const jobId = await seedJob(outside.ctx, { plan: { ...PLAN, packaging: ['mp4'] } });
    for (const name of TRACKS) await seedTrack(outside.ctx, jobId, name, { numbers: [0] });
    const answer = await client.get(`${await baseOf(jobId)}/master.m3u8`);
    expect([answer.status, answer.as(problemShape).code]).toEqual([404, 'object_not_found']);
    expect((await client.get(`/jobs/${jobId}`)).as(job).hls_url).toBeNull();
  });
});

describe('tracks that are not heard by default', () => {
  const plan: typeof PLAN = {
    ...PLAN,
    audio: PLAN.audio.flatMap((audio) => [audio, { ...audio, track: 'audio-1', language: 'ger' }]),
    subtitles: [
      {
        ...{ track: 'subs-0', language: 'eng', title: null, isDefault: false, forced: false },
        ...{ segmentMicros: 60_000_000, segments: 1 },
      },
    ],
  };

  test('are listed from the beginning, and playable once they are there', async () => {
    const jobId = await seedJob(outside.ctx, { plan, playableAt: new Date() });
    for (const name of TRACKS) await seedTrack(outside.ctx, jobId, name, { numbers: [0] });
    const base = await baseOf(jobId);
    const master = (await client.get(`${base}/master.m3u8`)).text;
    for (const track of ['audio-1', 'subs-0']) {
      expect(master).toContain(`URI="${track}/playlist.m3u8"`);
      const early = await client.get(`${base}/${track}/playlist.m3u8`);
      expect([early.status, early.as(problemShape).code]).toEqual([404, 'not_playable_yet']);
    }
    await seedTrack(outside.ctx, jobId, 'audio-1', { numbers: [0] });
    await seedFile(outside.ctx, jobId, 'subs-0.vtt');
    await seedFile(outside.ctx, jobId, 'subs-0/00000.vtt', { text: 'WEBVTT' });
    expect((await client.get(`${base}/audio-1/playlist.m3u8`)).text).toContain('PLAYLIST-TYPE:EVENT');
    const playlist = (await client.get(`${base}/subs-0/playlist.m3u8`)).text;
    expect([urisOf(playlist), playlist.includes('#EXTINF:8.000000,')]).toEqual([['00000.vtt'], true]);
    const piece = await client.get(`${base}/subs-0/00000.vtt`);
    expect([piece.text, piece.headers.get('content-type')]).toEqual(['WEBVTT', 'text/vtt; charset=utf-8']);
  });
});

describe('keyframes', () => {
  test('have a playlist of their own as soon as their sizes are known', async () => {
    const { jobId, base } = await growingJob();
    const unknown = await client.get(`${base}/720p/iframes.m3u8`);
    expect([unknown.status, unknown.as(problemShape).code]).toEqual([404, 'not_playable_yet']);
    await outside.ctx.db.update(segments).set({ keyBytes: 4 }).where(eq(segments.jobId, jobId));
    const known = await client.get(`${base}/720p/iframes.m3u8`);
    expect(known.text).toContain('#EXT-X-I-FRAMES-ONLY\n');
    expect(known.text).toContain('#EXT-X-BYTERANGE:4@0\n00000.m4s\n');
    expect((await client.get(`${base}/master.m3u8`)).text).toContain('URI="720p/iframes.m3u8"');
  });
});

describe('when it has ended', () => {
  test('a completed job plays over DASH too, and not before', async () => {
    const folder = `objects/default/${outside.ctx.random.uuid()}/1`;
    await outside.ctx.storage.putOnce(`${folder}/manifest.mpd`, '<MPD/>', 'text/plain');
    const jobId = await seedJob(outside.ctx, {
      plan: { ...PLAN, packaging: ['dash'] },
      playableAt: new Date(),
    });
    const base = await baseOf(jobId);
    const early = await client.get(`${base}/manifest.mpd`);
    expect([early.status, early.as(problemShape).code]).toEqual([404, 'not_playable_yet']);
    const before = (await client.get(`/jobs/${jobId}`)).as(job);
    expect([before.hls_url, before.dash_url]).toEqual([null, null]);

    const completed = { status: 'completed', dashKey: `${folder}/manifest.mpd`, version: 9 } as const;
    await outside.ctx.db.update(jobs).set(completed).where(eq(jobs.id, jobId));
    await outside.ctx.statusCache.forget(jobId);
    const { hls_url, dash_url } = (await client.get(`/jobs/${jobId}`)).as(job);
    expect(hls_url).toBeNull();
    const manifest = await client.get((dash_url ?? '').replace(ORIGIN, ''));
    expect([manifest.text, manifest.headers.get('content-type')]).toEqual(['<MPD/>', 'application/dash+xml']);
    expect(manifest.headers.get('cache-control')).toBe('private, max-age=3600');
    expect((await client.get(`${base}/master.m3u8`)).as(problemShape).code).toBe('object_not_found');
  });

  test.each([
    ['720p.mp4', 'video/mp4'],
    ['audio-0.m4a', 'audio/mp4'],
    ['poster.jpg', 'image/jpeg'],
    ['storyboard.vtt', 'text/vtt; charset=utf-8'],
    ['storyboard-000.jpg', 'image/jpeg'],
    ['subs-0.vtt', 'text/vtt; charset=utf-8'],
  ])('%s is served as %s', async (name, type) => {
    const { jobId, base } = await growingJob();
    expect((await client.get(`${base}/${name}`)).as(problemShape).code).toBe('object_not_found');
    // Of an earlier job, whose task wrote it.
    const key = `objects/default/${outside.ctx.random.uuid()}/3/${name}`;
    await seedFile(outside.ctx, jobId, name, { key });
    const answer = await client.get(`${base}/${name}`);
    expect([answer.text, answer.headers.get('content-type')]).toEqual([name, type]);
    expect(answer.headers.get('cache-control')).toContain('immutable');
  });

  test('a completed job plays from what was published', async () => {
    const folder = `objects/default/${outside.ctx.random.uuid()}/1`;
    await outside.ctx.storage.putOnce(`${folder}/master.m3u8`, '#EXTM3U master', 'text/plain');
    await outside.ctx.storage.putOnce(`${folder}/720p/playlist.m3u8`, '#EXTM3U 720p', 'text/plain');
    const jobId = await seedJob(outside.ctx, {
      status: 'completed',
      hlsKey: `${folder}/master.m3u8`,
      posterKey: `${folder}/poster.jpg`,
    });
    await seedFile(outside.ctx, jobId, 'poster.jpg', { text: 'jpeg', key: `${folder}/poster.jpg` });
    const { hls_url, poster_url } = (await client.get(`/jobs/${jobId}`)).as(job);
    const path = (url: string | null) => (url ?? '').replace(ORIGIN, '');
    const master = await client.get(path(hls_url));
    expect([master.text, master.headers.get('cache-control')]).toEqual([
      '#EXTM3U master',
      'private, max-age=3600',
    ]);
    const media = path(hls_url).replace('master.m3u8', '720p/playlist.m3u8');
    expect((await client.get(media)).text).toBe('#EXTM3U 720p');
    const unknown = await client.get(media.replace('720p', '144p'));
    expect([unknown.status, unknown.as(problemShape).code]).toEqual([404, 'object_not_found']);
    const poster = await client.get(path(poster_url));
    expect([poster.text, poster.headers.get('content-type')]).toEqual(['jpeg', 'image/jpeg']);
  });

  test.each(['failed', 'canceled'])('a %s job has no playlists, whatever it had begun', async (status) => {
    const jobId = await seedJob(outside.ctx, { status });
    for (const name of TRACKS) await seedTrack(outside.ctx, jobId, name, { numbers: [0] });
    const answer = await client.get(`${await baseOf(jobId)}/master.m3u8`);
    expect([answer.status, answer.as(problemShape).code]).toEqual([404, 'object_not_found']);
  });

  test('an erased job does not play', async () => {
    const base = await baseOf(outside.ctx.random.uuid());
    expect((await client.get(`${base}/master.m3u8`)).as(problemShape).code).toBe('job_not_found');
    expect((await client.get(`${base}/720p/00000.m4s`)).as(problemShape).code).toBe('job_not_found');
  });
});

describe('segments', () => {
  test('come in ranges, with lasting validators, for browsers of any origin', async () => {
    const { base } = await growingJob();
    const whole = await client.get(`${base}/720p/00001.m4s`, { origin: 'https://player.example' });
    expect(whole.text).toBe('segment 1 of 720p');
    expect(whole.headers.get('content-type')).toBe('video/iso.segment');
    expect(whole.headers.get('cache-control')).toContain('immutable');
    expect(whole.headers.get('accept-ranges')).toBe('bytes');
    expect(whole.headers.get('access-control-allow-origin')).toBe('*');

    const part = await client.get(`${base}/720p/00001.m4s`, { range: 'bytes=8-8' });
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, '1', 'bytes 8-8/17']);
    const beyond = await client.get(`${base}/720p/00001.m4s`, { range: 'bytes=900-' });
    expect(beyond.status).toBe(416);
    const same = await client.get(`${base}/720p/00001.m4s`, {
      'if-none-match': whole.headers.get('etag') ?? '',
    });
    expect([same.status, same.text]).toEqual([304, '']);
  });

  test('tell their size without their bytes', async () => {
    const { base } = await growingJob();
    const head = await client.send('HEAD', `${base}/720p/00000.m4s`);
    expect([head.status, head.text, head.headers.get('content-length')]).toEqual([200, '', '17']);
    expect((await client.send('HEAD', `${base}/720p/00009.m4s`)).status).toBe(404);
    expect((await client.send('HEAD', `${base}/720p/playlist.m3u8`)).status).toBe(200);
  });

  test.each(['720p/00009.m4s', '144p/init.mp4', '144p/00000.m4s', 'poster.jpg'])(
    '%s is not there',
    async (name) => {
      const { base } = await growingJob();
      const answer = await client.get(`${base}/${name}`);
      expect([answer.status, answer.as(problemShape).code]).toEqual([404, 'object_not_found']);
    },
  );

  test('are cached under a name without the token, and only whole', async () => {
    const kept = new Map<string, Response>();
    const mediaCache: MediaCache = {
      match: async (url) => kept.get(url)?.clone(),
      put: async (url, response) => {
        kept.set(url, response);
      },
    };
    const caching = restClient(outside.ctx, { mediaCache });
    const { jobId, base } = await growingJob();
    await caching.get(`${base}/720p/00000.m4s`, { range: 'bytes=0-3' });
    await outside.settled();
    expect(kept.size).toBe(0);

    await caching.get(`${base}/720p/00000.m4s`);
    await outside.settled();
    expect([...kept.keys()]).toEqual([`https://playback.millrace.internal/${jobId}/720p/0`]);
    expect(kept.values().next().value?.headers.get('cache-control')).toBe('public, max-age=3600');

    const broken = {
      ...outside.ctx,
      storage: { ...outside.ctx.storage, get: () => Promise.reject(new Error('asked')) },
    };
    const again = await restClient(broken, { mediaCache }).get(`${base}/720p/00000.m4s`);
    expect([again.status, again.text]).toEqual([200, 'segment 0 of 720p']);
    expect(again.headers.get('cache-control')).toContain('immutable');
    const stranger = await caching.get(`/playback/x.y/${jobId}/720p/00000.m4s`);
    expect(stranger.status).toBe(403);
  });
});

describe('who may watch', () => {
  /** An isolate of its own, with its own clock. */
  function isolate(cacheless = false): { ctx: Context; client: RestClient; wait(ms: number): void } {
    let ahead = 0;
    const ctx: Context = {
      ...outside.ctx,
      playback: newPlaybackMemory(),
      now: () => Date.now() + ahead,
      ...(cacheless ? { statusCache: { ...outside.ctx.statusCache, get: async () => null } } : {}),
    };
    return { ctx, client: restClient(ctx), wait: (ms) => (ahead += ms) };
  }

  function pathOf(url: string | null): string {
    return (url ?? '').replace(ORIGIN, '');
  }

  async function linksTo(jobId: string, query = '') {
    const answer = await client.get(`/jobs/${jobId}/playback${query}`);
    expect(answer.status).toBe(200);
    return answer.as(links);
  }

  test('links live as long as was asked for, and soon after are the same', async () => {
    const { jobId } = await growingJob();
    const chosen = await linksTo(jobId, '?lifetime_seconds=20000');
    const lifetime = (Date.parse(chosen.expires_at) - Date.now()) / 1000;
    expect(lifetime).toBeGreaterThan(19_990);
    expect(lifetime).toBeLessThanOrEqual(20_900);
    expect(urisOf((await client.get(pathOf(chosen.hls_url))).text)).toHaveLength(2);
    expect((await linksTo(jobId)).hls_url).toBe((await client.get(`/jobs/${jobId}`)).as(job).hls_url);

    const raised = await linksTo(jobId, '?lifetime_seconds=1');
    expect(Date.parse(raised.expires_at) - Date.now()).toBeGreaterThan(3_600_000);
    const later = isolate();
    later.wait(25_000_000);
    const expired = await later.client.get(pathOf(chosen.hls_url));
    expect([expired.status, expired.as(problemShape).code]).toEqual([403, 'playback_forbidden']);

    for (const lifetime of ['0', '604801', 'x']) {
      const answer = await client.get(`/jobs/${jobId}/playback?lifetime_seconds=${lifetime}`);
      expect([answer.status, answer.as(problemShape).code]).toEqual([400, 'invalid_request']);
    }
    const unknown = await client.get(`/jobs/${outside.ctx.random.uuid()}/playback`);
    expect([unknown.status, unknown.as(problemShape).code]).toEqual([404, 'job_not_found']);
  });

  test('MP4 files play by ranges, and are not put into the cache', async () => {
    const { jobId } = await growingJob();
    const outputKey = await seedFile(outside.ctx, jobId, '720p.mp4', { text: 'a whole film' });
    const size = {
      width: 1280,
      height: 720,
      codec: 'h264',
      bitrateKbps: 1,
      durationMicros: 1,
      sizeBytes: 12,
    };
    await outside.ctx.db.insert(renditions).values([
      { jobId, name: '720p', position: 0, outputKey, ...size },
      { jobId, name: '480p', position: 1, outputKey: null, ...size },
    ]);
    const { mp4_urls } = await linksTo(jobId);
    expect(mp4_urls.map((file) => file.resolution)).toEqual(['720p']);
    const kept: string[] = [];
    const mediaCache: MediaCache = {
      match: async (url) => void kept.push(url),
      put: async (url) => void kept.push(url),
    };
    const viewer = restClient(outside.ctx, { mediaCache });
    const whole = await viewer.get(pathOf(mp4_urls[0]?.url ?? null));
    expect([whole.text, whole.headers.get('content-type')]).toEqual(['a whole film', 'video/mp4']);
    const part = await viewer.get(pathOf(mp4_urls[0]?.url ?? null), { range: 'bytes=8-' });
    expect([part.status, part.text]).toEqual([206, 'film']);
    await outside.settled();
    expect(kept).toEqual([]);
    const none = await viewer.get(pathOf(mp4_urls[0]?.url ?? null).replace('720p.mp4', '480p.mp4'));
    expect([none.status, none.as(problemShape).code]).toEqual([404, 'object_not_found']);
  });

  test('revoked links play nothing more within five seconds, out of the edge cache neither', async () => {
    const kept = new Map<string, Response>();
    const mediaCache: MediaCache = {
      match: async (url) => kept.get(url)?.clone(),
      put: async (url, response) => void kept.set(url, response),
    };
    const { jobId } = await growingJob();
    const old = pathOf((await linksTo(jobId)).hls_url);
    const segment = old.replace('master.m3u8', '720p/00000.m4s');
    const elsewhere = isolate();
    const viewer = restClient(elsewhere.ctx, { mediaCache });
    expect((await viewer.get(segment)).status).toBe(200);
    await outside.settled();
    expect(kept.size).toBe(1);

    expect((await client.send('POST', `/jobs/${jobId}/playback/revoke`)).status).toBe(204);
    const here = await client.get(old);
    expect([here.status, here.as(problemShape).code]).toEqual([403, 'playback_forbidden']);
    elsewhere.wait(5_001);
    expect((await viewer.get(segment)).status).toBe(403);
    expect((await viewer.get(old)).status).toBe(403);

    const fresh = pathOf((await linksTo(jobId)).hls_url);
    expect(fresh).not.toBe(old);
    expect((await viewer.get(fresh)).status).toBe(200);
    expect((await isolate(true).client.get(fresh)).status).toBe(200);
    expect((await isolate(true).client.get(old)).status).toBe(403);
  });

  test('a cache that misses the news of a revocation is not believed', async () => {
    const { jobId } = await growingJob();
    const old = pathOf((await linksTo(jobId)).hls_url);
    const deaf = { ...outside.ctx, statusCache: { ...outside.ctx.statusCache, put: async () => {} } };
    expect((await restClient(deaf).send('POST', `/jobs/${jobId}/playback/revoke`)).status).toBe(204);
    expect((await isolate().client.get(old)).status).toBe(403);
  });

  test('a job of somebody else cannot be revoked, nor can its links be had', async () => {
    const jobId = outside.ctx.random.uuid();
    const answer = await client.send('POST', `/jobs/${jobId}/playback/revoke`);
    expect([answer.status, answer.as(problemShape).code]).toEqual([404, 'job_not_found']);
    const { jobId: mine } = await growingJob();
    const strange = { projectId: 'stranger', jobId: mine };
    await expect(revokePlayback(outside.ctx, { ...strange, actor: 'test' })).rejects.toMatchObject({
      code: 'job_not_found',
    });
    const minting = mintPlayback(outside.ctx, { ...strange, lifetimeSeconds: null, origin: ORIGIN });
    await expect(minting).rejects.toMatchObject({ code: 'job_not_found' });
  });

  test('a public job plays at an address that stays, until it is public no more', async () => {
    const jobId = await seedJob(outside.ctx, { public: true, playableAt: new Date() });
    for (const name of TRACKS) await seedTrack(outside.ctx, jobId, name, { numbers: [0] });
    const { hls_url } = (await client.get(`/jobs/${jobId}`)).as(job);
    expect(hls_url).toBe(`${ORIGIN}/playback/public/${jobId}/master.m3u8`);
    const viewer = isolate(true);
    expect((await viewer.client.get(pathOf(hls_url))).status).toBe(200);
    await client.send('POST', `/jobs/${jobId}/playback/revoke`);
    expect((await isolate().client.get(pathOf(hls_url))).status).toBe(200);

    await outside.ctx.db.update(jobs).set({ public: false }).where(eq(jobs.id, jobId));
    viewer.wait(5_001);
    const closed = await viewer.client.get(pathOf(hls_url));
    expect([closed.status, closed.as(problemShape).code]).toEqual([403, 'playback_forbidden']);
  });

  test('what is not public and what does not exist look the same', async () => {
    const { jobId } = await growingJob();
    const path = (id: string) => `/playback/public/${id}/720p/00000.m4s`;
    const [mine, none] = [await client.get(path(jobId)), await client.get(path(outside.ctx.random.uuid()))];
    expect([mine.status, mine.text]).toEqual([403, none.text]);
  });

  test('a token that nobody signed costs no look at the job', async () => {
    const { jobId } = await growingJob();
    const asked: string[] = [];
    const statusCache: Context['statusCache'] = {
      ...outside.ctx.statusCache,
      get: async (id) => {
        asked.push(id);
        return null;
      },
    };
    const { ctx } = isolate();
    const guesser = restClient({ ...ctx, statusCache });
    const forged = `/playback/zzzzzz.0.${'A'.repeat(43)}/${jobId}/master.m3u8`;
    expect((await guesser.get(forged)).status).toBe(403);
    expect(asked).toEqual([]);
  });

  test('a film that plays asks for its job once in five seconds', async () => {
    const { base } = await growingJob();
    const { ctx, wait } = isolate();
    let asked = 0;
    const statusCache: Context['statusCache'] = {
      ...outside.ctx.statusCache,
      get: async (id) => {
        asked += 1;
        return outside.ctx.statusCache.get(id);
      },
    };
    const viewer = restClient({ ...ctx, statusCache });
    for (const name of ['720p/init.mp4', '720p/00000.m4s', '720p/00001.m4s']) {
      expect((await viewer.get(`${base}/${name}`)).status).toBe(200);
    }
    expect(asked).toBe(1);
    wait(5_001);
    await viewer.get(`${base}/720p/00000.m4s`);
    expect(asked).toBe(2);
  });

  test('a revocation that the cache was not told of says so, and is repeated', async () => {
    const { jobId } = await growingJob();
    const link = pathOf((await linksTo(jobId)).hls_url);
    await client.send('PATCH', `/jobs/${jobId}`, { priority: 1 });
    await outside.settled();
    const cut = isolate().ctx;
    const statusCache = { get: async () => null, put: async () => {}, forget: async () => false };
    const revoked = await restClient({ ...cut, statusCache }).send('POST', `/jobs/${jobId}/playback/revoke`);
    expect([revoked.status, revoked.as(problemShape).code]).toEqual([503, 'cache_unavailable']);
    expect(revoked.headers.get('retry-after')).toBe('1');
    // What was feared: elsewhere the old link still opens it.
    expect((await isolate().client.get(link)).status).toBe(200);
    expect((await client.send('POST', `/jobs/${jobId}/playback/revoke`)).status).toBe(204);
    expect((await isolate().client.get(link)).status).toBe(403);
  });

  test('whoever guesses at public films is held to a rate by the address; viewers are not', async () => {
    const { jobId } = await growingJob();
    await client.send('PATCH', `/jobs/${jobId}`, { public: true });
    const counted = countStatements(isolate().ctx);
    const guesser = restClient({
      ...counted.ctx,
      rateLimiter: rateLimiter(2, new Map(), () => 0, null),
    });
    const from = (address: string) => ({ 'cf-connecting-ip': address });
    const film = `/playback/public/${jobId}/master.m3u8`;
    const guess = async (address: string, id: string = outside.ctx.random.uuid()) =>
      (await guesser.get(`/playback/public/${id}/master.m3u8`, from(address))).status;
    const same = outside.ctx.random.uuid();
    expect([await guess('2001:db8::1', same), await guess('2001:db8::1', same)]).toEqual([403, 403]);
    expect(counted.count()).toBe(1);
    expect([await guess('2001:db8::1'), await guess('2001:db8::ffff:1')]).toEqual([403, 429]);
    expect(counted.count()).toBe(2);
    expect(await guess('198.51.100.7')).toBe(403);
    for (let n = 0; n < 3; n++) expect((await guesser.get(film, from('2001:db8::1'))).status).toBe(200);
  });
});
