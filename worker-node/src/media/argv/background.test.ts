import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BARS, barsPicture, readBars, worst, writeBars } from '../../testing/colour-bars.ts';
import { type Rgb, toCodes } from '../../testing/colour-formulas.ts';
import { drawPictures, planPictures } from '../../testing/drawn-pictures.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { SMALL_PROFILE } from '../../testing/run-job.ts';
import { sharedClips } from '../../testing/shared-clips.ts';
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

const BACKGROUND = '#c06020';
const GROUND: Rgb = [0xc0 / 255, 0x60 / 255, 0x20 / 255];
const PROFILE = {
  ...SMALL_PROFILE,
  background: BACKGROUND,
  renditions: [{ height: 90, codec: 'h264' as const }],
};

/** Bars from transparent to opaque, over and over. */
const ALPHAS = BARS.map((_, bar) => [0, 64, 128, 192, 255][bar % 5] ?? 0);
const OVER_GROUND = BARS.map((rgb, bar): Rgb => {
  const alpha = (ALPHAS[bar] ?? 0) / 255;
  const mix = (i: 0 | 1 | 2) => alpha * rgb[i] + (1 - alpha) * GROUND[i];
  return toCodes([mix(0), mix(1), mix(2)], 'bt709', 'tv');
});

async function expectOverGround(file: string): Promise<void> {
  const { specs, url, mediaInfo } = await planPictures(storage, env, file, PROFILE);
  expect(mediaInfo.video?.alpha).toBe(true);
  const [spec] = specs;
  if (!spec) throw new Error('no chunks');
  const [pictures] = await drawPictures(spec, url, { startFrame: 0, frames: null });
  expect(pictures).toHaveLength(10 * 160 * 90 * 1.5);
  for (const frame of [0, 9]) {
    const picture = pictures?.subarray(frame * 160 * 90 * 1.5) ?? Buffer.alloc(0);
    const { distance, where } = worst(readBars(picture, 160, 90), OVER_GROUND);
    expect(distance, where).toBeLessThanOrEqual(2);
  }
}

describe('transparent pictures lie on the background, each with its own colour', () => {
  test.each([
    ['bt709', 'bt709', 'tv'],
    ['bt601', 'smpte170m', 'tv'],
    ['bt709', 'bt709', 'pc'],
  ] as const)('VP9 (%s, %s, %s)', async (matrix, tag, range) => {
    const codes = BARS.map((rgb, bar) => [...toCodes(rgb, matrix, range), ALPHAS[bar] ?? 0]);
    const argv = ['-c:v', 'libvpx-vp9', '-lossless', '1', '-deadline', 'realtime', '-auto-alt-ref', '0'];
    const tags = [
      '-colorspace',
      tag,
      '-color_primaries',
      'bt709',
      '-color_trc',
      'bt709',
      '-color_range',
      range,
    ];
    const file = join(env.scratch, `vp9-${matrix}-${range}.webm`);
    await expectOverGround(await writeBars(barsPicture(codes), 'yuva420p', [...argv, ...tags], file));
  });

  test('ProRes 4444', async () => {
    const codes = BARS.map((rgb, bar) => [
      ...toCodes(rgb, 'bt709', 'tv', 10),
      ((ALPHAS[bar] ?? 0) / 255) * 1_023,
    ]);
    const picture = barsPicture(codes, { bytes: 2, subsampled: false });
    const argv = ['-c:v', 'prores_ks', '-profile:v', '4444', '-alpha_bits', '16', '-qscale:v', '1'];
    const tags = ['-vf', 'setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709'];
    const file = join(env.scratch, 'prores.mov');
    await expectOverGround(await writeBars(picture, 'yuva444p10le', [...argv, ...tags], file));
  });
});

test('what a transparent pixel hides does not show at the edges of what is seen', async () => {
  // Opaque white beside transparent green: scaled first, the edge would be greenish.
  const file = join(env.scratch, 'edge.webm');
  await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'color=white:s=161x91:d=0.2'],
    ...['-f', 'lavfi', '-i', 'color=0x00ff00:s=161x91:d=0.2'],
    ...[
      '-filter_complex',
      "[0][1]overlay=x=80,format=yuva420p,geq=lum='p(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='255*lt(X,80)'",
    ],
    ...['-c:v', 'libvpx-vp9', '-lossless', '1', '-auto-alt-ref', '0', '-y', file],
  ]);
  const { specs, url } = await planPictures(storage, env, file, {
    ...PROFILE,
    background: '#ffffff',
    renditions: [{ height: 46, codec: 'h264' }],
  });
  const [spec] = specs;
  if (!spec) throw new Error('no chunks');
  const [picture] = await drawPictures(spec, url, { startFrame: 0, frames: 1 });
  const { width, height } = spec.renditions[0] ?? { width: 0, height: 0 };
  const luma = picture?.subarray(0, width * height) ?? Buffer.alloc(0);
  expect(Math.min(...luma)).toBeGreaterThanOrEqual(233);
});

const transparency = sharedClips().get('transparency.webm');
test.runIf(transparency)(
  'transparency.webm differs with the background, and only where one sees through',
  async () => {
    const drawn = async (background: string) => {
      const { specs, url } = await planPictures(storage, env, transparency ?? '', { ...PROFILE, background });
      const [spec] = specs;
      if (!spec) throw new Error('no chunks');
      const [picture] = await drawPictures(spec, url, { startFrame: 0, frames: 1 });
      return { luma: picture?.subarray(0, (spec.renditions[0]?.width ?? 0) * 90) ?? Buffer.alloc(0) };
    };
    const [black, white] = [(await drawn('#000000')).luma, (await drawn('#ffffff')).luma];
    const same = black.filter((value, i) => Math.abs(value - (white[i] ?? 0)) <= 1).length;
    const through = black.filter((value, i) => (white[i] ?? 0) - value > 200).length;
    expect(same).toBeGreaterThan(0.02 * black.length);
    expect(through).toBeGreaterThan(0.1 * black.length);
  },
);
