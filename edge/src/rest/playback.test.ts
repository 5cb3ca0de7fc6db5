import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MediaCache } from '../playback/media-cache.ts';
import { playbackExpiry, signPlayback } from '../playback/playback-token.ts';
import { ORIGIN, problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { PLAN, seedJob, seedTrack } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { job } from './job-json.ts';

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
  const token = await signPlayback(outside.ctx.config.playbackSecret, jobId, playbackExpiry(Date.now(), 8));
  return `/playback/${token}/${jobId}`;
}

async function growingJob(): Promise<{ jobId: string; base: string }> {
  const jobId = await seedJob(outside.ctx);
  for (const name of TRACKS) {
    const unitsPerSegment = name === 'audio-0' ? 192_000 : 100;
    await seedTrack(outside.ctx, jobId, name, { numbers: [0, 1, 3], unitsPerSegment });
  }
  return { jobId, base: await baseOf(jobId) };
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

describe('when it has ended', () => {
  test('a completed job plays from what was published', async () => {
    const folder = `objects/default/${outside.ctx.random.uuid()}/1`;
    await outside.ctx.storage.putOnce(`${folder}/master.m3u8`, '#EXTM3U master', 'text/plain');
    await outside.ctx.storage.putOnce(`${folder}/720p/playlist.m3u8`, '#EXTM3U 720p', 'text/plain');
    await outside.ctx.storage.putOnce(`${folder}/poster.jpg`, 'jpeg', 'image/jpeg');
    const jobId = await seedJob(outside.ctx, {
      status: 'completed',
      hlsKey: `${folder}/master.m3u8`,
      posterKey: `${folder}/poster.jpg`,
    });
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
    expect((await client.get(`${base}/720p/00000.m4s`)).as(problemShape).code).toBe('object_not_found');
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
