import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentStartFrame } from '@millrace/shared/media/grid.ts';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ClipName, clip } from '../../testing/clips.ts';
import { type FakeAttempt, fakeAttempt } from '../../testing/fake-attempt.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { analyzeFile, SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { encodeVideo } from './encode-video.ts';

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
beforeEach(() => {
  storage.fault = () => false;
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

let taskNumber = 0;

/** The chunks of a clip; all but the first in one, so that it has several segments. */
async function chunksOf(name: ClipName): Promise<EncodeVideoSpec[]> {
  const mediaInfo = await analyzeFile(storage, env, await clip(name));
  const outcome = planJob({ mediaInfo, profile: SMALL_PROFILE, fleet: { slots: 1 }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  return outcome.tasks.flatMap(({ spec }) => (spec.kind === 'encode-video' ? [spec] : []));
}

function attemptAt(
  spec: EncodeVideoSpec,
  options: { announced?: string[]; knownInits?: [string, string][] } = {},
): Promise<FakeAttempt<EncodeVideoSpec>> {
  taskNumber += 1;
  return fakeAttempt(storage, env.scratch, spec, {
    taskId: `task-${taskNumber}`,
    inputs: new Map([['source', spec.source.key]]),
    announced: new Set(options.announced),
    knownInits: new Map(options.knownInits),
  });
}

async function lastChunk(name: ClipName): Promise<EncodeVideoSpec> {
  const spec = (await chunksOf(name)).at(-1);
  if (!spec) throw new Error('no chunks');
  return spec;
}

/** The last chunk's first two segments as one that must hold exactly so many frames. */
async function exactChunk(name: ClipName): Promise<EncodeVideoSpec> {
  const spec = await lastChunk(name);
  const segmentFrames = [2 * spec.gopFrames];
  return { ...spec, chunk: { ...spec.chunk, frames: 2 * spec.gopFrames, segmentFrames } };
}

test('progress counts frames and every segment is announced once, in order', async () => {
  const spec = await lastChunk('ntsc');
  const attempt = await attemptAt(spec);
  const result = await encodeVideo(attempt.ctx, env.tools);
  expect(attempt.progress.at(-1)).toBe(result.frames);
  expect(attempt.progress).toEqual([...attempt.progress].sort((a, b) => a - b));
  for (const { name } of spec.renditions) {
    const numbers = attempt.segments.filter((s) => s.track === name).map((s) => s.number);
    expect(numbers).toEqual(numbers.map((_, i) => spec.chunk.firstSegment + i));
    expect(numbers.length).toBe(result.segments);
  }
  expect(attempt.inits.map((init) => init.track).sort()).toEqual(spec.renditions.map((r) => r.name).sort());
  expect(result.encoder).toMatch(/^x264 core \d+/);
});

test('x264 signs the film once, not every chunk of it', async () => {
  const signed: boolean[] = [];
  for (const spec of await chunksOf('ntsc')) {
    const attempt = await attemptAt(spec);
    const { encoder } = await encodeVideo(attempt.ctx, env.tools);
    expect(encoder).toMatch(/^x264 core \d+/);
    const stored = [...storage.objects].filter(([key]) => key.startsWith(attempt.key('')));
    expect(stored.length).toBeGreaterThan(1);
    signed.push(stored.some(([, bytes]) => bytes.includes('x264 - core')));
  }
  expect(signed).toEqual([true, ...signed.slice(1).fill(false)]);
});

test('what an earlier attempt announced is not made again, and the rest is the same', async () => {
  const [, spec] = await chunksOf('ntsc');
  if (!spec) throw new Error('one chunk only');
  const whole = await attemptAt(spec);
  const all = await encodeVideo(whole.ctx, env.tools);
  const first = spec.chunk.firstSegment;
  const announced = spec.renditions.map(({ name }) => `${name}/${first}`);
  const resumed = await attemptAt(
    { ...spec, chunk: { ...spec.chunk, frames: all.frames } },
    { announced, knownInits: whole.inits.map((init) => [init.track, init.sha256]) },
  );
  const rest = await encodeVideo(resumed.ctx, env.tools);
  expect(rest).toMatchObject({ frames: all.frames, segments: all.segments });
  expect(resumed.inits).toEqual([]);
  expect(resumed.segments.map((s) => `${s.track}/${s.number}`)).not.toContain(announced[0]);
  const lengths = (attempt: FakeAttempt<EncodeVideoSpec>) =>
    new Map(attempt.segments.map((s) => [`${s.track}/${s.number}`, [s.length, s.initSha256]]));
  for (const [key, value] of lengths(resumed)) expect(lengths(whole).get(key)).toEqual(value);
});

test('an attempt that finds everything announced has nothing to encode', async () => {
  const spec = await exactChunk('ntsc');
  const announced = spec.renditions.map(({ name }) => `${name}/${spec.chunk.firstSegment}`);
  const attempt = await attemptAt(spec, { announced });
  const before = storage.requests.length;
  expect(await encodeVideo(attempt.ctx, env.tools)).toMatchObject({ frames: spec.chunk.frames, segments: 1 });
  expect(storage.requests.length).toBe(before);
});

test('the length of an open end is found again when all of it was announced', async () => {
  const spec = await lastChunk('ntsc');
  const whole = await attemptAt(spec);
  const all = await encodeVideo(whole.ctx, env.tools);
  const again = await attemptAt(spec, { announced: whole.segments.map((s) => `${s.track}/${s.number}`) });
  expect(await encodeVideo(again.ctx, env.tools)).toMatchObject({
    frames: all.frames,
    segments: all.segments,
  });
  expect(again.segments).toEqual([]);
});

test('another initialisation segment than the one that stands is refused', async () => {
  const spec = await exactChunk('ntsc');
  const attempt = await attemptAt(spec, { knownInits: [['120p', 'f'.repeat(64)]] });
  await expect(encodeVideo(attempt.ctx, env.tools)).rejects.toMatchObject({ code: 'init_mismatch' });
});

test('a chunk that the source cannot fill is a truncated source, whatever the exit code', async () => {
  const spec = await lastChunk('ntsc');
  const frames = 40 * spec.gopFrames;
  const segmentFrames = Array.from({ length: 20 }, () => 2 * spec.gopFrames);
  const attempt = await attemptAt({ ...spec, chunk: { ...spec.chunk, frames, segmentFrames } });
  await expect(encodeVideo(attempt.ctx, env.tools)).rejects.toMatchObject({ code: 'source_truncated' });
});

test('an open end behind the end of the source is a truncated source', async () => {
  const spec = await lastChunk('ntsc');
  const number = 30;
  const startFrame = segmentStartFrame(spec.gopFrames, number);
  const chunk = { ...spec.chunk, startFrame, firstSegment: number, segmentFrames: [2 * spec.gopFrames] };
  const attempt = await attemptAt({ ...spec, chunk });
  await expect(encodeVideo(attempt.ctx, env.tools)).rejects.toMatchObject({ code: 'source_truncated' });
});

test('a stopped encode leaves nothing that counts', async () => {
  const spec = await lastChunk('detailed');
  const attempt = await attemptAt({ ...spec, preset: 'slow' });
  const running = encodeVideo(
    {
      ...attempt.ctx,
      progress(frames) {
        if (frames > 0) attempt.stop.abort(new Error('lease lost'));
      },
    },
    env.tools,
  );
  await expect(running).rejects.toThrow('lease lost');
  const announced = attempt.segments.length;
  expect(announced).toBeLessThan(spec.renditions.length * spec.chunk.segmentFrames.length);
  for (const segment of attempt.segments) expect(segment.length).toBe(2 * spec.gopFrames);
});

test('a source that was replaced is told apart from one that cannot be decoded', async () => {
  const spec = await exactChunk('ntsc');
  const etag = '"0123456789abcdef0123456789abcdef"';
  const attempt = await attemptAt({ ...spec, source: { ...spec.source, etag } });
  await expect(encodeVideo(attempt.ctx, env.tools)).rejects.toMatchObject({ code: 'source_changed' });
});

test('pictures that are noise are the source’s fault and permanent', async () => {
  const bytes = await readFile(await clip('film'));
  const start = bytes.indexOf('mdat') + 4;
  for (let i = start; i < bytes.indexOf('moov') - 4; i += 1) bytes[i] = (i * 7_919) & 0xff;
  const file = join(env.scratch, 'noise.mp4');
  await writeFile(file, bytes);
  const mediaInfo = await analyzeFile(storage, env, file);
  const outcome = planJob({ mediaInfo, profile: SMALL_PROFILE, fleet: { slots: 1 }, sidecars: [] });
  const spec = outcome.planned ? outcome.tasks[0]?.spec : undefined;
  if (spec?.kind !== 'encode-video') throw new Error('no chunk');
  const attempt = await attemptAt(spec);
  await expect(encodeVideo(attempt.ctx, env.tools)).rejects.toMatchObject({ code: 'decode_failed' });
});

test('an encoder that fails on a sound source may be tried again', async () => {
  const spec = await exactChunk('ntsc');
  const renditions = spec.renditions.map((rendition) => ({ ...rendition, crf: 99_999, maxBitrateKbps: -1 }));
  const attempt = await attemptAt({ ...spec, renditions });
  await expect(encodeVideo(attempt.ctx, env.tools)).rejects.toMatchObject({ code: 'encoder_failed' });
});

test('segments are announced while the encoder still runs', async () => {
  const spec = await lastChunk('ntsc');
  const attempt = await attemptAt(spec);
  const order: string[] = [];
  await encodeVideo(
    {
      ...attempt.ctx,
      announce: (_init, segments) => order.push(...segments.map((s) => `${s.track}/${s.number}`)),
      progress: (frames) => order.push(`${frames} frames`),
    },
    env.tools,
  );
  const firstAnnounced = order.findIndex((entry) => entry.includes('/'));
  expect(firstAnnounced).toBeLessThan(order.length - 1);
});
