import { toJson } from '@bufbuild/protobuf';
import { hlsFaults } from '@millrace/shared/manifest/testing/hls-faults.ts';
import type { JobPlan } from '@millrace/shared/media/plan.ts';
import { JobSchema } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { segments } from '../db/schema.ts';
import { job as jobSchema } from '../rest/job-json.ts';
import { jobMessage } from '../rpc/job-message.ts';
import { ORIGIN, type RestClient, restClient } from '../testing/rest-client.ts';
import { PLAN, seedFile, seedJob, seedTask, seedTrack } from '../testing/seed-job.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { getJob } from './get-job.ts';
import { publishJob } from './publish-job.ts';

let outside: TestContext;
let client: RestClient;

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
});
afterAll(async () => {
  await outside.settled();
  await outside.close();
});

const [stereo] = PLAN.audio;
if (!stereo) throw new Error('the plan has no sound');
const FILM: JobPlan = {
  ...PLAN,
  audio: [
    { ...stereo, language: 'eng' },
    { ...stereo, track: 'audio-1', language: 'ger', title: 'Kommentar', isDefault: false },
  ],
  subtitles: [
    {
      ...{ track: 'subs-0', language: 'fre', title: null, isDefault: false, forced: true },
      ...{ segmentMicros: 60_000_000, segments: 1 },
    },
  ],
  packaging: ['hls', 'dash', 'mp4'],
};

/** A job whose work is done but for the end: eight seconds of every track, and the files that are asked for. */
async function doneJob(
  plan: JobPlan,
  fileNames: string[],
): Promise<{ jobId: string; publish(): Promise<void> }> {
  const { ctx } = outside;
  const jobId = await seedJob(ctx, { plan });
  for (const { name } of plan.renditions) await seedTrack(ctx, jobId, name, { numbers: [0, 1] });
  for (const { track } of plan.audio) {
    await seedTrack(ctx, jobId, track, { numbers: [0, 1], unitsPerSegment: 192_512 });
  }
  await ctx.db.update(segments).set({ keyBytes: 4 }).where(eq(segments.jobId, jobId));
  for (const name of fileNames) await seedFile(ctx, jobId, name);
  const taskId = await seedTask(ctx, jobId, { kind: 'publish', state: 'ready', workTotal: 1 });
  return { jobId, publish: () => publishJob(ctx, taskId) };
}

async function read(jobId: string) {
  await outside.settled();
  return (await client.get(`/jobs/${jobId}`)).as(jobSchema);
}

/** After those of its creation. */
async function eventsOf(jobId: string): Promise<string[]> {
  const shape = z.object({ events: z.array(z.object({ number: z.number(), type: z.string() })) });
  const { events } = (await client.get(`/jobs/${jobId}/events`)).as(shape);
  expect(events.map(({ number }) => number)).toEqual(events.map((_, i) => i + 2));
  return events.map(({ type }) => type);
}

function pathOf(url: string | null): string {
  return (url ?? '').replace(ORIGIN, '');
}

test('a job names everything that was made, and every link plays', async () => {
  const files = ['720p.mp4', 'subs-0.vtt', 'subs-0/00000.vtt', 'poster.jpg', 'storyboard.vtt'];
  const { jobId, publish } = await doneJob(FILM, files);
  const sample = { name: '720p', frames: 10, ssim: 0.9, psnr: 40, vmaf: null };
  for (const ssim of [0.9, 0.8]) {
    const result = { kind: 'measure-quality', renditions: [{ ...sample, ssim }] };
    await seedTask(outside.ctx, jobId, { kind: 'measure-quality', state: 'done', result, reusedFrom: jobId });
  }
  await publish();
  const made = await read(jobId);
  const key = (name: string) => `objects/default/${jobId}/1/${name}`;
  expect(made.renditions).toMatchObject([
    {
      ...{ resolution: '720p', codec: 'avc1.64001f', frame_rate: 25, duration_seconds: 8, size_bytes: 8 },
      ...{ output_key: key('720p.mp4'), playlist_key: expect.stringMatching(/\/1\/720p\/playlist\.m3u8$/) },
      quality: { ssim: expect.closeTo(0.85), psnr: expect.closeTo(40), vmaf: null, frames: 20 },
    },
    { resolution: '480p', size_bytes: 20, output_key: null, quality: null },
  ]);
  expect(made.audio).toMatchObject([
    { track: 'audio-0', codec: 'mp4a.40.2', channels: 2, language: 'eng', title: null, output_key: null },
    { track: 'audio-1', language: 'ger', title: 'Kommentar', size_bytes: 20, duration_seconds: 8 },
  ]);
  expect(made.subtitles).toEqual([
    {
      ...{ track: 'subs-0', language: 'fre', title: null, forced: true, output_key: key('subs-0.vtt') },
      playlist_key: expect.stringMatching(/\/subs-0\/playlist\.m3u8$/),
    },
  ]);
  expect([made.poster_key, made.storyboard_key]).toEqual([key('poster.jpg'), key('storyboard.vtt')]);
  expect(made.tasks.reused).toBe(2);
  for (const url of [made.hls_url, made.dash_url, made.poster_url, made.storyboard_url]) {
    expect((await client.get(pathOf(url))).status).toBe(200);
  }
  const outputs = [
    made.dash_key,
    made.storyboard_key,
    ...[...made.audio, ...made.subtitles].flatMap((track) => [track.output_key, track.playlist_key]),
  ].filter((output) => output !== null);
  expect(outputs).toHaveLength(6);
  for (const output of outputs) expect((await client.get(`/download-url/${output}`)).status).toBe(200);
  expect(await eventsOf(jobId)).toEqual(['job.playable', 'rendition.completed', 'job.completed']);
});

test('gRPC says of it what REST says', async () => {
  const { jobId, publish } = await doneJob(FILM, ['720p.mp4', 'subs-0.vtt', 'poster.jpg', 'storyboard.vtt']);
  const sample = { name: '720p', frames: 10, ssim: 0.9, psnr: 40, vmaf: 80 };
  const result = { kind: 'measure-quality', renditions: [sample] };
  await seedTask(outside.ctx, jobId, { kind: 'measure-quality', state: 'done', result });
  await publish();
  const rest = await read(jobId);
  const view = await getJob(outside.ctx, { projectId: 'default', jobId, origin: ORIGIN });
  const message = JSON.stringify(toJson(JobSchema, jobMessage(view), { useProtoFieldName: true }));
  const said = z
    .looseObject({ source: z.record(z.string(), z.unknown()), renditions: z.array(z.unknown()) })
    .parse(JSON.parse(message));
  for (const field of ['dash_key', 'dash_url', 'storyboard_key', 'storyboard_url', 'poster_url'] as const) {
    expect(said[field]).toBe(rest[field]);
    expect(said[field]).toEqual(expect.any(String));
  }
  expect(said.renditions[0]).toMatchObject({ frame_rate: 25, quality: { ssim: 0.9, vmaf: 80, frames: 10 } });
  expect(said.audio).toMatchObject([
    { track: 'audio-0', language: 'eng', channels: 2 },
    { title: 'Kommentar' },
  ]);
  expect(said.subtitles).toMatchObject([{ track: 'subs-0', forced: true, language: 'fre' }]);
  expect(said.source).toMatchObject({ audio_tracks: 1, size_bytes: '1000' });
});

test.each<[string, JobPlan]>([
  ['a film', FILM],
  ['sound alone', { ...FILM, renditions: [], subtitles: [] }],
])('the playlists of %s pass what devices check', async (_name, plan) => {
  const { jobId, publish } = await doneJob(plan, ['subs-0.vtt', 'subs-0/00000.vtt', 'audio-0.m4a']);
  await publish();
  const made = await read(jobId);
  const master = pathOf(made.hls_url);
  const load = async (uri: string) => {
    const { status, text } = await client.get(master.replace('master.m3u8', uri));
    return status === 200 ? { text, sizeBytes: text.length } : null;
  };
  expect(await hlsFaults((await client.get(master)).text, load)).toEqual([]);
  expect(made.audio.map(({ output_key }) => output_key?.split('/').at(-1))).toEqual([
    'audio-0.m4a',
    undefined,
  ]);
});

test('a job that is packaged for DASH alone can be played from its end on', async () => {
  const { jobId, publish } = await doneJob({ ...FILM, packaging: ['dash'] }, ['subs-0.vtt']);
  await publish();
  const made = await read(jobId);
  expect([made.status, made.hls_key, made.hls_url]).toEqual(['completed', null, null]);
  expect(made.playable_at).toBe(made.finished_at);
  expect(made.renditions.map(({ playlist_key }) => playlist_key)).toEqual([null, null]);
  const manifest = await client.get(pathOf(made.dash_url));
  expect(manifest.text).toContain('mediaPresentationDuration="PT8S"');
  expect(manifest.text).toContain('<BaseURL>subs-0.vtt</BaseURL>');
  expect(await eventsOf(jobId)).toEqual([
    'job.playable',
    'rendition.completed',
    'rendition.completed',
    'job.completed',
  ]);
});

test('a job of files alone is never playable', async () => {
  const { jobId, publish } = await doneJob({ ...FILM, packaging: ['mp4'] }, ['720p.mp4', '480p.mp4']);
  await publish();
  const made = await read(jobId);
  expect([made.status, made.hls_url, made.dash_url, made.playable_at]).toEqual([
    'completed',
    null,
    null,
    null,
  ]);
  expect(await eventsOf(jobId)).toEqual(['job.completed']);
});

test('a job whose subtitles are missing is not published', async () => {
  const { jobId, publish } = await doneJob(FILM, []);
  await publish();
  expect((await read(jobId)).hls_url).toContain('master.m3u8');
  expect((await read(jobId)).status).toBe('processing');
});
