import { join } from 'node:path';
import type { Profile } from '@millrace/shared/media/profile.ts';
import type { PosterSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BARS, barsPicture, writeBars } from '../../testing/colour-bars.ts';
import { each, pqCurve, type Rgb, toCodes } from '../../testing/colour-formulas.ts';
import { planPictures } from '../../testing/drawn-pictures.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { makeInterlaced } from '../../testing/interlaced-clips.ts';
import { SMALL_PROFILE } from '../../testing/run-job.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { type PosterTry, posterArgv, posterTries } from './poster.ts';

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

/** RGB of every pixel of the poster, as a browser shows it; empty when none came out. */
async function draw(spec: PosterSpec, url: string, look: PosterTry): Promise<Buffer> {
  const { stdio } = await execa('ffmpeg', posterArgv(spec, url, look), {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    encoding: 'buffer',
  });
  const jpeg = stdio[3] instanceof Uint8Array ? stdio[3] : new Uint8Array();
  if (jpeg.length === 0) return Buffer.alloc(0);
  const toRgb = 'scale=in_range=pc:in_color_matrix=bt601:flags=accurate_rnd+full_chroma_int,format=rgb24';
  const { stdout } = await execa(
    'ffmpeg',
    ['-v', 'error', '-f', 'mjpeg', '-i', 'pipe:0', '-vf', toRgb, '-f', 'rawvideo', 'pipe:1'],
    { input: jpeg, encoding: 'buffer' },
  );
  return Buffer.from(stdout);
}

async function posterOf(file: string, asked: Partial<Profile>): Promise<{ rgb: Buffer; spec: PosterSpec }> {
  const profile = { ...SMALL_PROFILE, renditions: [{ height: 90, codec: 'h264' as const }], ...asked };
  const { poster: spec, url } = await planPictures(storage, env, file, profile);
  for (const look of posterTries(spec)) {
    const rgb = await draw(spec, url, look);
    if (rgb.length > 0) return { rgb, spec };
  }
  throw new Error('no poster');
}

describe('the frame that was asked for', () => {
  /** Frame n is grey of code 20 + 2n; two codes are 2.3 of a JPEG's. */
  const numbered = async () => {
    const file = join(env.scratch, 'numbered.mp4');
    await execa('ffmpeg', [
      ...[
        '-nostdin',
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        "nullsrc=s=160x90:r=30000/1001:d=3.3,geq=lum='20+2*N':cb=128:cr=128",
      ],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4', '-bf', '2', '-g', '40', '-y', file],
    ]);
    return file;
  };
  const frameOf = (rgb: Buffer) => (((rgb[3 * (45 * 160 + 80)] ?? 0) / 255) * 219 + 16 - 20) / 2;

  test.each([
    [0, 0],
    [1, 29],
    [1.001, 30],
    [1.034_366, 30],
    [1.034_367, 31],
    [2.5, 74],
  ])('at %f s it is frame %i', async (poster_at_seconds, frame) => {
    const { rgb } = await posterOf(await numbered(), { poster_at_seconds });
    expect(Math.abs(frameOf(rgb) - frame)).toBeLessThan(0.9);
  });

  test('counted from the start of the result', async () => {
    const { rgb } = await posterOf(await numbered(), { start_seconds: 1.001, poster_at_seconds: 0.5 });
    expect(Math.abs(frameOf(rgb) - 44)).toBeLessThan(0.9);
  });

  test('past the end it is the last one', async () => {
    const { rgb } = await posterOf(await numbered(), { poster_at_seconds: 100 });
    expect(Math.abs(frameOf(rgb) - 98)).toBeLessThan(0.9);
  });

  test('the second field of a frame has its own poster', async () => {
    const file = await makeInterlaced('mbaff', env.scratch);
    const columnOfBar = async (poster_at_seconds: number) => {
      const { rgb } = await posterOf(file, {
        poster_at_seconds,
        renditions: [{ height: 96, codec: 'h264' }],
      });
      return Array.from({ length: 160 }, (_, x) => rgb[3 * (48 * 160 + x)] ?? 0).findIndex(
        (red) => red > 180,
      );
    };
    expect((await columnOfBar(0.82)) - (await columnOfBar(0.8))).toBe(2);
  });
});

test('without a time a keyframe is enough, also where the one before the time is the best', async () => {
  const file = join(env.scratch, 'grey.mp4');
  await execa('ffmpeg', [
    ...[
      '-nostdin',
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      "nullsrc=s=160x90:r=25:d=12,geq=lum='90+N/10':cb=128:cr=128",
    ],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '100', '-keyint_min', '100', '-y', file],
  ]);
  const profile = { ...SMALL_PROFILE, renditions: [{ height: 90, codec: 'h264' as const }] };
  const { poster: spec, url } = await planPictures(storage, env, file, profile);
  expect((await draw({ ...spec, atMicros: 7_900_000 }, url, 'bright-keyframe')).length).toBeGreaterThan(0);
});

test('without a time, interlaced pictures are no combs and keyframes are not looked at alone', async () => {
  const { rgb, spec } = await posterOf(await makeInterlaced('mpeg2Top', env.scratch), {
    renditions: [{ height: 96, codec: 'h264' }],
  });
  expect(posterTries(spec)).toEqual(['bright-frame', 'any-frame']);
  const edge = (y: number) =>
    Array.from({ length: 160 }, (_, x) => rgb[3 * (y * 160 + x)] ?? 0).findIndex((red) => red > 180);
  for (let y = 10; y < 80; y += 1)
    expect(Math.abs(edge(y) - edge(y + 1)), `line ${y}`).toBeLessThanOrEqual(1);
});

test('an HDR film has a poster in SDR colours, a transparent one on its background', async () => {
  const paper = BARS.map((): Rgb => toCodes(each([203, 203, 203], pqCurve), 'bt2020', 'tv', 10));
  const hdr = await writeBars(
    barsPicture(paper, { bytes: 2 }),
    'yuv420p10le',
    [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-color_primaries', 'bt2020'],
      ...['-color_trc', 'smpte2084', '-colorspace', 'bt2020nc'],
    ],
    join(env.scratch, 'paper.mp4'),
  );
  const middle = 3 * (45 * 160 + 80);
  const white = [...(await posterOf(hdr, {})).rgb.subarray(middle, middle + 3)];
  for (const channel of white) expect(channel / 255).toBeCloseTo(0.84, 1);

  const clear = await writeBars(
    barsPicture(BARS.map(() => [16, 128, 128, 0])),
    'yuva420p',
    ['-c:v', 'libvpx-vp9', '-lossless', '1', '-deadline', 'realtime', '-auto-alt-ref', '0'],
    join(env.scratch, 'clear.webm'),
  );
  const ground = (await posterOf(clear, { background: '#c06020' })).rgb.subarray(middle, middle + 3);
  for (const [i, channel] of [0xc0, 0x60, 0x20].entries()) {
    expect(Math.abs((ground[i] ?? 0) - channel)).toBeLessThanOrEqual(4);
  }
});
