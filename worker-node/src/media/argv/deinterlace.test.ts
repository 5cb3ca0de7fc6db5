import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawPictures, planPictures } from '../../testing/drawn-pictures.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { makeInterlaced } from '../../testing/interlaced-clips.ts';
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

const [WIDTH, HEIGHT] = [160, 96];
const FRAME_BYTES = (WIDTH * HEIGHT * 3) / 2;

/** All frames of the first chunk. */
async function frames(file: string, deinterlace: 'field' | 'frame' | 'off') {
  const profile = { ...SMALL_PROFILE, deinterlace, renditions: [{ height: 96, codec: 'h264' as const }] };
  const { specs, url } = await planPictures(storage, env, file, profile);
  const [spec] = specs;
  if (!spec) throw new Error('no chunks');
  const [drawn] = await drawPictures(spec, url, spec.chunk);
  const count = (drawn?.length ?? 0) / FRAME_BYTES;
  const pictures = Array.from(
    { length: count },
    (_, i) => drawn?.subarray(i * FRAME_BYTES, (i + 1) * FRAME_BYTES) ?? Buffer.alloc(0),
  );
  return { pictures, frameRate: spec.frameRate };
}

/** Where the bar is in a line: the mean place of what is brighter than the ground. */
function barAt(picture: Buffer, line: number): number {
  let [sum, weight] = [0, 0];
  for (let x = 0; x < WIDTH; x += 1) {
    const light = Math.max(0, (picture[line * WIDTH + x] ?? 0) - 150);
    sum += x * light;
    weight += light;
  }
  return sum / weight;
}

/** How far the bar moves from each frame to the next; it starts again every 152 pixels. */
function steps(pictures: readonly Buffer[]): number[] {
  const places = pictures.slice(2, 50).map((picture) => barAt(picture, 48));
  return places.slice(1).map((place, i) => (place - (places[i] ?? 0) + 152) % 152);
}

describe.each(['mpeg2Top', 'mpeg2Bottom', 'mbaff', 'prores'] as const)('%s', (name) => {
  test('a frame of each field: twice as many, in order, without combs', async () => {
    const { pictures, frameRate } = await frames(await makeInterlaced(name, env.scratch), 'field');
    expect(frameRate.num / frameRate.den).toBeGreaterThan(49);
    for (const step of steps(pictures)) expect(Math.abs(step - 2)).toBeLessThan(1);
    const [picture = Buffer.alloc(0)] = pictures.slice(20);
    for (let line = 10; line < 80; line += 1) {
      expect(Math.abs(barAt(picture, line) - barAt(picture, line + 1)), `line ${line}`).toBeLessThan(1);
    }
  });

  test('a frame of each pair: as many, each step twice as long', async () => {
    const { pictures, frameRate } = await frames(await makeInterlaced(name, env.scratch), 'frame');
    expect(frameRate.num / frameRate.den).toBeLessThan(31);
    for (const step of steps(pictures)) expect(Math.abs(step - 4)).toBeLessThan(1);
  });
});

test('left alone when that is asked for: lines are two pixels apart', async () => {
  const { pictures } = await frames(await makeInterlaced('mbaff', env.scratch), 'off');
  const [picture = Buffer.alloc(0)] = pictures.slice(10);
  expect(Math.abs(barAt(picture, 48) - barAt(picture, 49))).toBeGreaterThan(1.5);
});

test('pictures that say they are whole stay whole', async () => {
  const file = await makeInterlaced('wholeFrames', env.scratch);
  const { pictures } = await frames(file, 'field');
  const plain = await execa(
    'ffmpeg',
    [
      ...[
        '-v',
        'error',
        '-i',
        file,
        '-vf',
        'colorspace=fast=1:iall=bt601-6-625:all=bt709:irange=tv:range=tv',
      ],
      ...['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-'],
    ],
    { encoding: 'buffer' },
  );
  expect(pictures.length).toBeGreaterThan(90);
  for (const [i, picture] of pictures.entries()) {
    if (i < 32) continue;
    const at = Math.floor(i / 2) * FRAME_BYTES;
    expect(picture.equals(Buffer.from(plain.stdout).subarray(at, at + FRAME_BYTES)), `frame ${i}`).toBe(true);
  }
});
