import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentStartFrame } from '@millrace/shared/media/grid.ts';
import type { Profile, VideoCodec } from '@millrace/shared/media/profile.ts';
import { BASE_SECONDS, frameTicks, videoTimescale } from '@millrace/shared/media/timeline.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renditionFrames, renditionGrid } from '../../media/rendition-grid.ts';
import { clip } from '../../testing/clips.ts';
import { type EncodedChunk, encodeChunks, joinTrack, planChunks } from '../../testing/encode-chunks.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { type ProbedStream, probeFrames, probeStream } from '../../testing/probe-frames.ts';
import { SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';

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

const CODECS = ['h264', 'hevc', 'av1', 'vp9'] as const;

/** All frames, and every second one. */
function twoRates(codec: VideoCodec): Profile {
  return {
    ...SMALL_PROFILE,
    renditions: [
      { height: 120, codec },
      { height: 96, codec, max_frame_rate: 15 },
    ],
    preset: 'veryfast',
  };
}

describe.each(CODECS)('%s', (codec) => {
  let chunks: EncodedChunk[];
  beforeAll(async () => {
    const specs = await planChunks(storage, env, await clip('ntsc'), twoRates(codec), 8);
    chunks = await encodeChunks(storage, env, specs);
  });

  test('all chunks begin with the same header, which says truly what follows', async () => {
    expect(chunks.length).toBeGreaterThan(2);
    for (const { name } of chunks[0]?.spec.renditions ?? []) {
      const inits = chunks.flatMap(({ attempt }) => attempt.inits.filter(({ track }) => track === name));
      expect(inits.length).toBe(chunks.length);
      expect(new Set(inits.map(({ sha256 }) => sha256)).size).toBe(1);
      const stream = await probeStream(await joinTrack(storage, env, chunks, name));
      expect(inits[0]?.codecs).toMatch(expectedCodecs(codec, stream));
    }
  });

  test('chunks play one after another like one film', async () => {
    for (const rendition of chunks[0]?.spec.renditions ?? []) {
      const planned = chunks.reduce((sum, { result }) => sum + result.frames, 0);
      const frames = await probeFrames(await joinTrack(storage, env, chunks, rendition.name));
      const { frameRate, gopFrames } = renditionGrid(chunks[0]?.spec as EncodeVideoSpec, rendition);
      const zero = BASE_SECONDS * videoTimescale(frameRate);
      expect(frames).toEqual(
        Array.from({ length: renditionFrames(planned, rendition) }, (_, i) => ({
          pts: zero + i * frameTicks(frameRate),
          isKey: i % gopFrames === 0,
        })),
      );
      expect(planned).toBe(270);
      const announced = chunks.flatMap(({ attempt }) =>
        attempt.segments.filter(({ track }) => track === rendition.name),
      );
      expect(announced.map(({ number }) => number)).toEqual(announced.map((_, i) => i));
      expect(announced.reduce((sum, { length }) => sum + length, 0)).toBe(frames.length);
    }
  });

  test('the key bytes of every segment are one whole picture', async () => {
    for (const { attempt } of chunks) {
      for (const { track, name, keyBytes } of attempt.segments) {
        const init = attempt.inits.find((found) => found.track === track);
        const [head, segment] = [init?.name ?? '', name].map((object) =>
          storage.objects.get(attempt.key(object)),
        );
        if (!head || !segment) throw new Error(`${name} is not stored`);
        expect(keyBytes).toBeLessThan(segment.length);
        const file = join(env.scratch, 'key-picture.mp4');
        await writeFile(file, Buffer.concat([head, segment.subarray(0, keyBytes)]));
        expect((await probeFrames(file)).map(({ isKey }) => isKey)).toEqual([true]);
      }
    }
  });

  test('chunks of a few frames are like all others', async () => {
    const last = chunks.at(-1)?.spec;
    if (!last) throw new Error('no chunks');
    for (const frames of [1, 2, 3, 5]) {
      const short = { ...last, chunk: { ...last.chunk, frames, segmentFrames: [frames] } };
      const [encoded] = await encodeChunks(storage, env, [short]);
      expect(encoded?.result).toMatchObject({ frames, segments: 1 });
      expect(encoded?.attempt.segments.map(({ length }) => length).sort()).toEqual(
        last.renditions.map((rendition) => renditionFrames(frames, rendition)).sort(),
      );
      for (const { track, sha256 } of encoded?.attempt.inits ?? []) {
        const first = chunks[0]?.attempt.inits.find((init) => init.track === track);
        expect(sha256).toBe(first?.sha256);
      }
    }
  });

  test('an average is met, and a cap holds', async () => {
    const file = await clip('noisy');
    const seconds = 8;
    const profile = { ...SMALL_PROFILE, preset: 'veryfast' as const };
    const average = { ...profile, renditions: [{ height: 120, codec, bitrate_kbps: 400 }] };
    const aimed = await encodeChunks(storage, env, await planChunks(storage, env, file, average, 8));
    const kbps = (bits(aimed) / seconds) * 1e-3;
    expect(kbps).toBeGreaterThan(0.8 * 400);
    expect(kbps).toBeLessThan(1.2 * 400);

    const capped = { ...profile, renditions: [{ height: 120, codec, crf: 12, max_bitrate_kbps: 300 }] };
    for (const spec of await planChunks(storage, env, file, capped, 8)) {
      const chunk = await encodeChunks(storage, env, [spec]);
      const length = (chunk[0]?.result.frames ?? 0) / 25;
      expect(bits(chunk)).toBeLessThan(300_000 * (length + BUFFER_SECONDS));
    }
  });
});

/** What a decoder holds ready: so much may come faster than the cap. */
const BUFFER_SECONDS = 2;

function bits(chunks: readonly EncodedChunk[]): number {
  return 8 * chunks.flatMap(({ attempt }) => attempt.segments).reduce((sum, s) => sum + s.sizeBytes, 0);
}

/** RFC 6381 names from what ffprobe reads in the bitstream. */
function expectedCodecs(codec: VideoCodec, stream: ProbedStream): RegExp {
  const { level } = stream;
  switch (codec) {
    case 'h264':
      expect(stream).toMatchObject({ codec_name: 'h264', codec_tag_string: 'avc1', profile: 'High' });
      return new RegExp(`^avc1\\.6400${level.toString(16).padStart(2, '0')}$`);
    case 'hevc':
      expect(stream).toMatchObject({ codec_name: 'hevc', codec_tag_string: 'hvc1', profile: 'Main' });
      return new RegExp(`^hvc1\\.1\\.6\\.L${level}\\.90$`);
    case 'av1':
      expect(stream).toMatchObject({ codec_name: 'av1', codec_tag_string: 'av01', profile: 'Main' });
      return new RegExp(`^av01\\.0\\.${String(level).padStart(2, '0')}M\\.08$`);
    case 'vp9':
      expect(stream).toMatchObject({ codec_name: 'vp9', codec_tag_string: 'vp09', profile: 'Profile 0' });
      return /^vp09\.00\.\d\d\.08$/;
    default:
      return codec satisfies never;
  }
}

test('a film that is cut short ends after exactly so many frames', async () => {
  const profile = { ...twoRates('h264'), end_seconds: 7.3 };
  const specs = await planChunks(storage, env, await clip('ntsc'), profile, 2);
  const chunks = await encodeChunks(storage, env, specs);
  const frames = Math.round((7.3 * 30_000) / 1_001);
  expect(chunks.reduce((sum, { result }) => sum + result.frames, 0)).toBe(frames);
  for (const [name, count] of [
    ['120p', frames],
    ['96p', Math.ceil(frames / 2)],
  ] as const) {
    expect((await probeFrames(await joinTrack(storage, env, chunks, name))).length).toBe(count);
  }
  const last = chunks.at(-1)?.spec;
  expect(last?.chunk.frames).not.toBeNull();
  const end = (last?.chunk.startFrame ?? 0) + (last?.chunk.frames ?? 0);
  expect(end).not.toBe(segmentStartFrame(last?.gopFrames ?? 1, 3));
});

test('where every rendition leaves frames out, an open end is still counted in frames of the job', async () => {
  const profile = {
    ...SMALL_PROFILE,
    renditions: [{ height: 96, codec: 'h264' as const, max_frame_rate: 10 }],
  };
  const specs = await planChunks(storage, env, await clip('ntsc'), profile, 8);
  const chunks = await encodeChunks(storage, env, specs);
  expect(chunks.reduce((sum, { result }) => sum + result.frames, 0)).toBe(270);
  expect(specs[0]?.renditions[0]?.frameStep).toBe(3);
  expect(chunks.flatMap(({ attempt }) => attempt.progress).at(-1)).toBe(chunks.at(-1)?.result.frames);
});
