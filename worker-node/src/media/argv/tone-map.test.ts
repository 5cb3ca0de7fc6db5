import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BARS, barsPicture, readBars, worst, writeBars } from '../../testing/colour-bars.ts';
import { each, hlgCurve, lightInBt709, pqCurve, type Rgb, toCodes } from '../../testing/colour-formulas.ts';
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

const PROFILE = { ...SMALL_PROFILE, renditions: [{ height: 90, codec: 'h264' as const }] };
const CURVES = { smpte2084: pqCurve, 'arib-std-b67': hlgCurve } as const;
type Curve = keyof typeof CURVES;

/** Codes that come out of a film whose twenty bars have this light (cd/m² of each channel of BT.2020). */
async function mapped(curve: Curve, light: readonly Rgb[]): Promise<Rgb[]> {
  const codes = light.map((nits) => toCodes(each(nits, CURVES[curve]), 'bt2020', 'tv', 10));
  const file = await writeBars(
    barsPicture(codes, { bytes: 2 }),
    'yuv420p10le',
    [
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-color_range', 'tv'],
      ...['-color_primaries', 'bt2020', '-color_trc', curve, '-colorspace', 'bt2020nc'],
    ],
    join(env.scratch, `${curve}-${storage.objects.size}.mp4`),
  );
  const { specs, url } = await planPictures(storage, env, file, PROFILE);
  const [spec] = specs;
  if (!spec) throw new Error('no chunks');
  const [picture] = await drawPictures(spec, url, { startFrame: 0, frames: 1 });
  return readBars(picture ?? Buffer.alloc(0), 160, 90);
}

const WHITE_NITS = 203;

/** The curve that is wanted: the same light up to 30 % of white, then slowly towards the peak. */
function rolledOff(light: number, peak: number): number {
  const knee = 0.3;
  if (light <= knee) return light;
  const a = (-knee * knee * (peak - 1)) / (knee * knee - 2 * knee + peak);
  const b = (knee * knee - 2 * knee * peak + peak) / (peak - 1);
  return ((b * b + 2 * b * knee + knee * knee) / (b - a)) * ((light + a) / (light + b));
}

function wanted(nits: Rgb, peakNits: number): Rgb {
  const light = lightInBt709(
    each(nits, (value) => value / peakNits),
    'bt2020',
  );
  const brightest = Math.max(...light) * (peakNits / WHITE_NITS);
  const gain = brightest === 0 ? 0 : rolledOff(brightest, peakNits / WHITE_NITS) / brightest;
  return toCodes(
    each(light, (value) => (value * (peakNits / WHITE_NITS) * gain) ** (1 / 2.4)),
    'bt709',
    'tv',
  );
}

const GREYS = [
  ...[0, 0.1, 0.5, 1, 2, 5, 10, 20, 26, 50],
  ...[75, 100, 150, 203, 300, 400, 500, 600, 800, 1_000],
];

describe.each([
  ['smpte2084', 10_000],
  ['arib-std-b67', 1_000],
] as const)('%s', (curve, peakNits) => {
  test('a ramp keeps its steps; grey is grey, paper is nearly white, nothing is lost above', async () => {
    const lumas = (
      await mapped(
        curve,
        GREYS.map((nits) => [nits, nits, nits]),
      )
    ).map(([y]) => (y - 16) / 219);
    expect(lumas[0]).toBe(0);
    for (const [i, luma] of lumas.entries())
      expect(luma, `${GREYS[i]} cd/m²`).toBeGreaterThanOrEqual(lumas[i - 1] ?? 0);
    const at = (nits: number) => lumas[GREYS.indexOf(nits)];
    expect(at(26), 'an 18 % grey card').toBeCloseTo(0.42, 1);
    expect(at(WHITE_NITS), 'white paper').toBeGreaterThan(0.8);
    expect(at(WHITE_NITS), 'white paper').toBeLessThan(0.9);
    expect(at(1_000), 'the sun on water').toBeGreaterThan((at(600) ?? 1) + 0.01);
  });

  test('bars keep their hues, in the light of paper and dimmer', async () => {
    const light = BARS.map((rgb) => each(rgb, (value) => WHITE_NITS * value ** 2.4));
    const { distance, where } = worst(
      await mapped(curve, light),
      light.map((nits) => wanted(nits, peakNits)),
    );
    expect(distance, where).toBeLessThanOrEqual(3);
  });
});

test('nothing that PQ can say is too bright to tell apart', async () => {
  const nits = [1_000, 2_000, 4_000, 10_000];
  const light = BARS.map((_, i): Rgb => {
    const value = nits[i % nits.length] ?? 0;
    return [value, value, value];
  });
  const [a, b, c, d] = (await mapped('smpte2084', light)).map(([y]) => y);
  expect([a, b, c, d]).toEqual([...new Set([a, b, c, d])].sort((x, y) => (x ?? 0) - (y ?? 0)));
  expect(d).toBeLessThanOrEqual(236);
});

test.each([...sharedClips()].filter(([name]) => /hdr10|hlg/.test(name)))(
  '%s is drawn, small as it is',
  async (_name, file) => {
    const { specs, url } = await planPictures(storage, env, file, PROFILE);
    const [spec] = specs;
    if (!spec) throw new Error('no chunks');
    const [picture] = await drawPictures(spec, url, { startFrame: 0, frames: 1 });
    expect(picture).toHaveLength(6);
  },
);
