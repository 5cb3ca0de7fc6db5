import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BARS, barsPicture, readBars, worst, writeBars } from '../../testing/colour-bars.ts';
import {
  bt709Curve,
  bt709Light,
  each,
  lightInBt709,
  type MatrixName,
  type PrimariesName,
  type Rgb,
  toCodes,
} from '../../testing/colour-formulas.ts';
import { drawPictures, planPictures } from '../../testing/drawn-pictures.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
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

const PROFILE = {
  ...SMALL_PROFILE,
  renditions: [
    { height: 90, codec: 'h264' as const },
    { height: 46, codec: 'h264' as const },
  ],
};

/** Codes that BT.709 has for R'G'B' of other primaries. */
function converted(rgb: Rgb, primaries: PrimariesName): Rgb {
  if (primaries === 'bt709') return toCodes(rgb, 'bt709', 'tv');
  return toCodes(each(lightInBt709(each(rgb, bt709Light), primaries), bt709Curve), 'bt709', 'tv');
}

/** Draws a file of bars, and says how far each rendition's codes are from those wanted. */
async function expectBars(file: string, wanted: readonly Rgb[], tolerance = 2): Promise<void> {
  const { specs, url } = await planPictures(storage, env, file, PROFILE);
  const [spec] = specs;
  if (!spec) throw new Error('no chunks');
  const pictures = await drawPictures(spec, url, { startFrame: 0, frames: 1 });
  for (const [i, { width, height }] of spec.renditions.entries()) {
    const { distance, where } = worst(readBars(pictures[i] ?? Buffer.alloc(0), width, height), wanted);
    expect(distance, `${width} × ${height}: ${where}`).toBeLessThanOrEqual(tolerance);
  }
}

const LOSSLESS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0'];

function tags(matrix: string, primaries: string, transfer: string, range: 'tv' | 'pc'): string[] {
  return [
    ...['-colorspace', matrix, '-color_primaries', primaries, '-color_trc', transfer],
    ...['-color_range', range],
  ];
}

interface Source {
  matrix: MatrixName;
  primaries: PrimariesName;
  range: 'tv' | 'pc';
  argv: string[];
  bits?: 8 | 10;
}

const SOURCES: Record<string, Source> = {
  'BT.709': { matrix: 'bt709', primaries: 'bt709', range: 'tv', argv: tags('bt709', 'bt709', 'bt709', 'tv') },
  'BT.709, full range': {
    ...{ matrix: 'bt709', primaries: 'bt709', range: 'pc' },
    argv: tags('bt709', 'bt709', 'bt709', 'pc'),
  },
  'BT.709, 10 bits': {
    ...{ matrix: 'bt709', primaries: 'bt709', range: 'tv', bits: 10 },
    argv: tags('bt709', 'bt709', 'bt709', 'tv'),
  },
  'BT.601, 625 lines': {
    ...{ matrix: 'bt601', primaries: 'bt470bg', range: 'tv' },
    argv: tags('bt470bg', 'bt470bg', 'gamma28', 'tv'),
  },
  'BT.601, 525 lines': {
    ...{ matrix: 'bt601', primaries: 'smpte170m', range: 'tv' },
    argv: tags('smpte170m', 'smpte170m', 'smpte170m', 'tv'),
  },
  'BT.601, full range': {
    ...{ matrix: 'bt601', primaries: 'smpte170m', range: 'pc' },
    argv: tags('smpte170m', 'smpte170m', 'smpte170m', 'pc'),
  },
  'the matrix of BT.601 alone': {
    ...{ matrix: 'bt601', primaries: 'bt709', range: 'tv' },
    argv: tags('smpte170m', 'bt709', 'bt709', 'tv'),
  },
  'the matrix of BT.601 alone, full range': {
    ...{ matrix: 'bt601', primaries: 'bt709', range: 'pc' },
    argv: tags('bt470bg', 'bt709', 'iec61966-2-1', 'pc'),
  },
  'the matrix of BT.601 alone, 10 bits': {
    ...{ matrix: 'bt601', primaries: 'bt709', range: 'tv', bits: 10 },
    argv: tags('smpte170m', 'bt709', 'bt709', 'tv'),
  },
  'BT.2020, SDR': {
    ...{ matrix: 'bt2020', primaries: 'bt2020', range: 'tv', bits: 10 },
    argv: tags('bt2020nc', 'bt2020', 'bt2020-10', 'tv'),
  },
  'no tags: few lines are BT.601': { matrix: 'bt601', primaries: 'bt709', range: 'tv', argv: [] },
};

describe('colour bars become those of BT.709 within 2 codes', () => {
  test.each(Object.entries(SOURCES))('%s', async (name, source) => {
    const bits = source.bits ?? 8;
    const codes = BARS.map((rgb) => toCodes(rgb, source.matrix, source.range, bits));
    const [format, bytes] = bits === 10 ? (['yuv420p10le', 2] as const) : (['yuv420p', 1] as const);
    const file = await writeBars(
      barsPicture(codes, { bytes }),
      source.range === 'pc' ? 'yuvj420p' : format,
      [...LOSSLESS, ...source.argv],
      join(env.scratch, `${name.replaceAll(/\W+/g, '-')}.mp4`),
    );
    await expectBars(
      file,
      BARS.map((rgb) => converted(rgb, source.primaries)),
    );
  });

  test('RGB, as screens are recorded', async () => {
    const picture = barsPicture(
      BARS.map(([r, g, b]) => [255 * g, 255 * b, 255 * r]),
      { subsampled: false },
    );
    const argv = ['-c:v', 'libx264rgb', '-preset', 'ultrafast', '-qp', '0'];
    const file = await writeBars(picture, 'gbrp', argv, join(env.scratch, 'rgb.mkv'));
    await expectBars(
      file,
      BARS.map((rgb) => converted(rgb, 'bt709')),
    );
  });

  test('4:4:4', async () => {
    const picture = barsPicture(
      BARS.map((rgb) => toCodes(rgb, 'bt709', 'tv')),
      { subsampled: false },
    );
    const argv = [...LOSSLESS, ...tags('bt709', 'bt709', 'bt709', 'tv')];
    const file = await writeBars(picture, 'yuv444p', argv, join(env.scratch, '444.mp4'));
    await expectBars(
      file,
      BARS.map((rgb) => converted(rgb, 'bt709')),
    );
  });

  test('grey alone', async () => {
    const codes = BARS.map((rgb) => toCodes(rgb, 'bt709', 'tv').slice(0, 1));
    const argv = [...LOSSLESS, ...tags('bt709', 'bt709', 'bt709', 'tv')];
    const file = await writeBars(barsPicture(codes), 'gray', argv, join(env.scratch, 'grey.mp4'));
    await expectBars(
      file,
      BARS.map((rgb) => [toCodes(rgb, 'bt709', 'tv')[0], 128, 128]),
    );
  });
});
