import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { renditions } from '../db/schema.ts';
import { loadJobRecords } from '../status/load-job-records.ts';
import { ORIGIN, problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { job } from './job-json.ts';

let outside: TestContext;
let client: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
  await outside.ctx.storage.putOnce('uploads/default/video.mp4', 'video', 'video/mp4');
});
afterAll(() => outside.close());

const page = z.object({ jobs: z.array(z.object({ id: z.string() })), next_cursor: z.string().nullable() });

describe('creating', () => {
  test('a job is accepted, nudged, and readable where the answer says', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const created = await client.send(
      'POST',
      '/jobs',
      { input_key: 'uploads/default/video.mp4', metadata: { order: 7, note: 'ä' } },
      { traceparent },
    );
    expect(created.status).toBe(201);
    const body = created.as(job);
    expect(body).toMatchObject({
      status: 'queued',
      progress: 0,
      eta_seconds: null,
      input_key: 'uploads/default/video.mp4',
      profile: { renditions: [{ height: 1080 }, { height: 720 }, { height: 480 }] },
      source: null,
      renditions: [],
      hls_url: null,
      poster_url: null,
      tasks: { total: 1, done: 0, running: 0 },
      error: null,
      error_message: null,
      metadata: { order: 7, note: 'ä' },
      started_at: null,
      finished_at: null,
    });
    await outside.settled();
    expect(outside.nudges.at(-1)).toMatchObject({ traceparent });
    const location = created.headers.get('location') ?? '';
    expect((await client.get(location)).as(job)).toEqual(body);
  });

  test('a profile may be spelled out; what is left open is filled in', async () => {
    const created = await client.send('POST', '/jobs', {
      input_key: 'uploads/default/video.mp4',
      profile: { renditions: [{ height: 360 }], packaging: ['hls'] },
    });
    expect(created.as(job).profile).toMatchObject({
      renditions: [{ height: 360, codec: 'h264' }],
      preset: 'veryfast',
      audio_codec: 'aac',
      audio_bitrate_kbps: 128,
      storyboard: true,
      packaging: ['hls'],
    });
  });

  test('without a trace of the caller, one is begun', async () => {
    await client.send('POST', '/jobs', { input_key: 'uploads/default/video.mp4' });
    await outside.settled();
    expect(outside.nudges.at(-1)?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });
});

describe('reading', () => {
  test('a completed job has its outputs, and links that play it', async () => {
    const id = await seedJob(outside.ctx, {
      status: 'completed',
      hlsKey: 'objects/default/t/1/master.m3u8',
      posterKey: 'objects/default/t/1/poster.jpg',
      finishedAt: new Date(),
    });
    await outside.ctx.db.insert(renditions).values({
      jobId: id,
      name: '720p',
      position: 0,
      width: 1280,
      height: 720,
      codec: 'avc1.64001f',
      bitrateKbps: 900,
      durationMicros: 8_000_000,
      sizeBytes: 900_000,
      outputKey: 'objects/default/t/1/720p.mp4',
      playlistKey: 'objects/default/t/1/720p/playlist.m3u8',
    });
    const body = (await client.get(`/jobs/${id}`)).as(job);
    expect(body).toMatchObject({
      status: 'completed',
      progress: 1,
      source: { width: 1920, duration_seconds: 8 },
    });
    expect(body.renditions).toEqual([
      {
        resolution: '720p',
        width: 1280,
        height: 720,
        bitrate_kbps: 900,
        codec: 'avc1.64001f',
        frame_rate: 25,
        quality: null,
        duration_seconds: 8,
        size_bytes: 900_000,
        output_key: 'objects/default/t/1/720p.mp4',
        playlist_key: 'objects/default/t/1/720p/playlist.m3u8',
      },
    ]);
    expect(body.hls_url).toMatch(new RegExp(`^${ORIGIN}/playback/[\\w.-]+/${id}/master\\.m3u8$`));
    expect(body.poster_url).toMatch(new RegExp(`^${ORIGIN}/playback/[\\w.-]+/${id}/poster\\.jpg$`));
  });

  test('a failed job says why', async () => {
    const id = await seedJob(outside.ctx, {
      status: 'failed',
      failureCode: 'nothing_to_encode',
      failureMessage: 'The source has neither pictures nor sound.',
      finishedAt: new Date(),
    });
    expect((await client.get(`/jobs/${id}`)).as(job)).toMatchObject({
      error: { code: 'nothing_to_encode', message: 'The source has neither pictures nor sound.' },
      error_message: 'The source has neither pictures nor sound.',
    });
  });
});

describe('listing', () => {
  test("another project's jobs are not listed", async () => {
    await outside.ctx.db.execute(`insert into projects (id) values ('stranger')`);
    const foreign = await seedJob(outside.ctx, { projectId: 'stranger' });
    const listed = (await client.get('/jobs?limit=100')).as(page).jobs.map((entry) => entry.id);
    expect(listed).not.toContain(foreign);
    expect((await client.get(`/jobs/${foreign}`)).status).toBe(404);
    expect((await client.send('POST', `/jobs/${foreign}/cancel`)).status).toBe(404);
    expect((await client.send('DELETE', `/jobs/${foreign}`)).status).toBe(404);
  });
});

describe('ending', () => {
  test('a canceled job says so at once, in the answer and in the cache; canceling it again is fine', async () => {
    const id = await seedJob(outside.ctx);
    await seedTask(outside.ctx, id, { state: 'ready' });
    await client.get(`/jobs/${id}`);
    expect((await client.send('POST', `/jobs/${id}/cancel`)).as(job).status).toBe('canceled');
    expect((await client.get(`/jobs/${id}`)).as(job).status).toBe('canceled');
    expect((await client.send('POST', `/jobs/${id}/cancel`)).status).toBe(200);
  });

  test('a job that has ended otherwise is not canceled', async () => {
    const id = await seedJob(outside.ctx, { status: 'completed', finishedAt: new Date() });
    const answer = await client.send('POST', `/jobs/${id}/cancel`);
    expect([answer.status, answer.as(problemShape).code]).toEqual([409, 'job_final']);
  });

  test('an erased job is gone, and a late write does not bring it back', async () => {
    const id = await seedJob(outside.ctx);
    const [before] = await loadJobRecords(outside.ctx.db, [id]);
    expect((await client.get(`/jobs/${id}`)).status).toBe(200);
    await outside.settled();
    expect((await client.send('DELETE', `/jobs/${id}`)).status).toBe(202);
    await outside.ctx.statusCache.put(
      { jobId: id, projectId: 'default' },
      before,
      { version: 99, workDone: 0 },
      60,
    );
    expect((await client.get(`/jobs/${id}`)).status).toBe(404);
    expect((await client.send('DELETE', `/jobs/${id}`)).status).toBe(404);
  });
});

describe('downloading', () => {
  const shape = z.object({ download_url: z.string(), expires_at: z.string() });

  test('any output that a row names, and nothing else that lies in the bucket', async () => {
    const folder = `objects/default/${outside.ctx.random.uuid()}/1`;
    const keys = ['720p.mp4', '720p/playlist.m3u8', 'master.m3u8', 'poster.jpg'].map(
      (name) => `${folder}/${name}`,
    );
    for (const key of [...keys, `${folder}/unnamed.mp4`]) {
      await outside.ctx.storage.putOnce(key, `bytes of ${key}`, 'video/mp4');
    }
    const [outputKey = '', playlistKey = '', hlsKey = '', posterKey = ''] = keys;
    const jobId = await seedJob(outside.ctx, { status: 'completed', hlsKey, posterKey });
    await outside.ctx.db.insert(renditions).values({
      jobId,
      name: '720p',
      position: 0,
      width: 1280,
      height: 720,
      codec: 'h264',
      bitrateKbps: 1,
      durationMicros: 1,
      sizeBytes: 1,
      outputKey,
      playlistKey,
    });
    for (const key of keys) {
      const answer = await client.get(`/download-url/${key}`);
      expect(answer.status).toBe(200);
      expect(await (await fetch(answer.as(shape).download_url)).text()).toBe(`bytes of ${key}`);
    }
    expect((await client.get(`/download-url/${outputKey.replaceAll('/', '%2F')}`)).status).toBe(200);
    expect((await client.get(`/download-url/${folder}/unnamed.mp4`)).status).toBe(404);
    expect((await client.get('/download-url/uploads/default/video.mp4')).status).toBe(404);
  });
});
