import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeMedia } from '@millrace/shared/manifest/write-media.ts';
import { writeMultivariant } from '@millrace/shared/manifest/write-multivariant.ts';
import { BASE_SECONDS, frameTicks, videoTimescale } from '@millrace/shared/media/timeline.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireBox } from '../../media/fmp4/boxes.ts';
import { readSegment } from '../../media/fmp4/fragment-reader.ts';
import { readInit } from '../../media/fmp4/init-segment.ts';
import { jpegSize } from '../../media/jpeg-size.ts';
import { type ClipName, clip } from '../../testing/clips.ts';
import { countFrames, lumaOfFrames } from '../../testing/decode.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { type FinishedJob, runJob, SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { writeTrack } from '../../testing/write-track.ts';

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

const CLIPS: [ClipName, { width: number; height: number; frames: number; audio: boolean }][] = [
  ['ntsc', { width: 160, height: 120, frames: 270, audio: true }],
  ['variable', { width: 160, height: 120, frames: 264, audio: true }],
  ['rotated', { width: 114, height: 64, frames: 125, audio: false }],
  ['wide', { width: 320, height: 120, frames: 75, audio: false }],
  ['oddSize', { width: 160, height: 120, frames: 75, audio: false }],
  ['editList', { width: 160, height: 120, frames: 231, audio: true }],
  ['transportStream', { width: 160, height: 120, frames: 270, audio: true }],
  ['webm', { width: 160, height: 120, frames: 180, audio: true }],
  ['oneFrame', { width: 160, height: 120, frames: 1, audio: false }],
  ['short', { width: 160, height: 120, frames: 5, audio: true }],
  ['lateVideo', { width: 160, height: 120, frames: 168, audio: true }],
  ['longAudio', { width: 160, height: 120, frames: 75, audio: true }],
  ['surround', { width: 160, height: 120, frames: 75, audio: true }],
  ['tenBit', { width: 160, height: 120, frames: 75, audio: false }],
];

describe('a clip becomes segments that join, and an MP4', () => {
  test.each(CLIPS)('%s', async (name, expected) => {
    const job = await runJob(storage, env, await clip(name));
    const [largest] = job.plan.renditions;
    expect(largest).toMatchObject({ width: expected.width, height: expected.height });
    const frames = job.video.reduce((sum, result) => sum + result.frames, 0);
    expect(Math.abs(frames - expected.frames)).toBeLessThanOrEqual(1);
    expect(Math.abs(frames - job.plan.totalFrames)).toBeLessThanOrEqual(1);
    for (const rendition of job.plan.renditions) await expectContinuous(job, rendition.name, frames);
    expect(job.audio.length).toBe(expected.audio ? 1 : 0);
    if (expected.audio) expectContinuousAudio(job);
    for (const mp4 of job.mp4) {
      const file = join(env.scratch, `${name}-${mp4.name}.mp4`);
      await writeFile(file, storage.objects.get(mp4.key) ?? '');
      expect(mp4.result.frames).toBe(frames);
      expect(await countFrames(file)).toBe(frames);
    }
    expectPoster(job);
    expectPlaylists(job);
  });
});

/** Every segment begins where the one before ended, in decode and in presentation time; everything decodes. */
async function expectContinuous(job: FinishedJob, track: string, frames: number): Promise<void> {
  const found = job.tracks.get(track);
  const init = readInit(
    requireBox(storage.objects.get(found?.initKey ?? '') ?? Buffer.alloc(0), ['moov']).bytes,
  );
  const { frameRate } = job.plan;
  expect(init.timescale).toBe(videoTimescale(frameRate));
  expect(init.codecs).toMatch(/^avc1\.[0-9a-f]{6}$/);
  const numbers = [...(found?.segments.keys() ?? [])].sort((a, b) => a - b);
  expect(numbers).toEqual(numbers.map((_, i) => i));
  const samples = numbers.flatMap((number) => {
    const segment = found?.segments.get(number);
    const read = readSegment(init.defaults, storage.objects.get(segment?.key ?? '') ?? Buffer.alloc(0));
    expect(read.length).toBe(segment?.length);
    return read;
  });
  const shown = samples.map((s) => s.decodeTime + s.compositionOffset).sort((a, b) => a - b);
  const base = BASE_SECONDS * init.timescale;
  expect(shown).toEqual(shown.map((_, i) => base + i * frameTicks(frameRate)));
  expect(samples.map((s) => s.decodeTime)).toEqual(
    samples.map((_, i) => (samples[0]?.decodeTime ?? 0) + i * frameTicks(frameRate)),
  );
  const file = join(env.scratch, `${storage.objects.size}-${track}.mp4`);
  await writeTrack(storage, job, track, file);
  expect(await countFrames(file)).toBe(frames);
}

function expectContinuousAudio(job: FinishedJob): void {
  const found = job.tracks.get('audio-0');
  const init = readInit(
    requireBox(storage.objects.get(found?.initKey ?? '') ?? Buffer.alloc(0), ['moov']).bytes,
  );
  expect(init.codecs).toBe('mp4a.40.2');
  const samples = [...(found?.segments.values() ?? [])].flatMap(({ key }) =>
    readSegment(init.defaults, storage.objects.get(key) ?? Buffer.alloc(0)),
  );
  const start = BASE_SECONDS * init.timescale - 1_024;
  expect(samples.map((s) => s.decodeTime)).toEqual(samples.map((_, i) => start + i * 1_024));
  expect(samples.length * 1_024).toBe(job.audio[0]?.samples);
}

function expectPoster(job: FinishedJob): void {
  const jpeg = storage.objects.get(job.files.get('poster.jpg') ?? '') ?? Buffer.alloc(0);
  const [largest] = job.plan.renditions;
  expect(jpegSize(jpeg)).toEqual({ width: largest?.width, height: largest?.height });
  expect(job.poster?.sizeBytes).toBe(jpeg.length);
}

function expectPlaylists(job: FinishedJob): void {
  const tracks = new Map(
    [...job.tracks].map(([track, { init, segments }]) => [
      track,
      { codecs: init.codecs, segments: [...segments].map(([number, segment]) => ({ number, ...segment })) },
    ]),
  );
  const presentation = { plan: job.plan, tracks, files: new Map<string, number>(), complete: true };
  expect(writeMultivariant(presentation)).toContain('avc1.');
  for (const track of tracks.keys()) expect(writeMedia(presentation, track)).toContain('#EXT-X-ENDLIST');
}

test('segments are fetched by a worker that did not make them, and by no other', async () => {
  const other = await createTestTools();
  const fetchedWith = async (workerOf: (taskIndex: number) => TestTools) => {
    const earlier = storage.requests.length;
    const { mp4 } = await runJob(storage, env, await clip('ntsc'), SMALL_PROFILE, [], workerOf);
    const requests = storage.requests.slice(earlier);
    const frames = mp4.map(({ result }) => result.frames);
    return { frames, fetched: requests.filter((request) => /^GET \S+\.m4s$/.test(request)).length };
  };
  const alone = await fetchedWith(() => env);
  const inTurn = await fetchedWith((i) => (i % 2 === 0 ? env : other));
  await other.close();
  expect(alone.fetched).toBe(0);
  expect(inTurn.fetched).toBeGreaterThan(0);
  expect(inTurn.frames).toEqual(alone.frames);
});

test('the sound of a longer track goes on after the pictures', async () => {
  const job = await runJob(storage, env, await clip('longAudio'));
  expect(job.audio[0]?.samples).toBeGreaterThan(8 * 44_100 - 1);
});

test('the poster of a film that begins black is not black', async () => {
  const job = await runJob(storage, env, await clip('fadeIn'));
  const file = join(env.scratch, 'poster.jpg');
  await writeFile(file, storage.objects.get(job.files.get('poster.jpg') ?? '') ?? '');
  const [picture] = await lumaOfFrames(file);
  expect(picture?.value).toBeGreaterThan(50);
});

test('a film that is all black still gets a poster', async () => {
  const job = await runJob(storage, env, await clip('black'));
  expect(job.poster?.sizeBytes).toBeGreaterThan(0);
});
