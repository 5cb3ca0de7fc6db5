/** The standards' formulas, written down apart from the filters that are measured by them. Light and R'G'B' are 0 to 1. */

export type Rgb = readonly [number, number, number];

/** Luma weights of red and blue: BT.601, BT.709, BT.2020. */
const WEIGHTS = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;
export type MatrixName = keyof typeof WEIGHTS;

/** Y'CbCr as codes of so many bits, not rounded. */
export function toCodes(rgb: Rgb, matrix: MatrixName, range: 'tv' | 'pc', bits = 8): Rgb {
  const [kr, kb] = WEIGHTS[matrix];
  const y = kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2];
  const [cb, cr] = [(rgb[2] - y) / (2 - 2 * kb), (rgb[0] - y) / (2 - 2 * kr)];
  const unit = 2 ** (bits - 8);
  const middle = 128 * unit;
  if (range === 'tv') return [(16 + 219 * y) * unit, middle + 224 * unit * cb, middle + 224 * unit * cr];
  const full = 2 ** bits - 1;
  return [full * y, middle + full * cb, middle + full * cr];
}

/** From RGB of some primaries to XYZ, as the standards print it (BT.709, BT.2020) or as SMPTE RP 177 gives it. */
const TO_XYZ = {
  bt709: [
    [0.4123908, 0.3575843, 0.1804808],
    [0.212639, 0.7151687, 0.0721923],
    [0.0193308, 0.1191948, 0.9505322],
  ],
  bt470bg: [
    [0.4305538, 0.3415498, 0.1783523],
    [0.2220043, 0.7066548, 0.0713409],
    [0.0201822, 0.1295534, 0.9393222],
  ],
  smpte170m: [
    [0.3935209, 0.3652581, 0.1916769],
    [0.2123764, 0.7010599, 0.0865638],
    [0.0187391, 0.1119339, 0.9583847],
  ],
  bt2020: [
    [0.636958, 0.1446169, 0.168881],
    [0.2627002, 0.6779981, 0.0593017],
    [0, 0.0280727, 1.0609851],
  ],
} as const;
export type PrimariesName = keyof typeof TO_XYZ;

const XYZ_TO_BT709 = [
  [3.2409699, -1.5373832, -0.4986108],
  [-0.9692436, 1.8759675, 0.0415551],
  [0.0556301, -0.203977, 1.0569715],
] as const;

/** Linear light of some primaries as linear light of BT.709; what that cannot show is cut off. */
export function lightInBt709(light: Rgb, primaries: PrimariesName): Rgb {
  const clip = (value: number) => Math.min(1, Math.max(0, value));
  return each(times(XYZ_TO_BT709, times(TO_XYZ[primaries], light)), clip);
}

export function each([r, g, b]: Rgb, change: (value: number) => number): Rgb {
  return [change(r), change(g), change(b)];
}

function times(matrix: readonly [Rgb, Rgb, Rgb], [x, y, z]: Rgb): Rgb {
  const row = (i: 0 | 1 | 2) => matrix[i][0] * x + matrix[i][1] * y + matrix[i][2] * z;
  return [row(0), row(1), row(2)];
}

/** ITU-R BT.709-6, item 1.2. */
export function bt709Curve(light: number): number {
  return light < 0.018 ? 4.5 * light : 1.099 * light ** 0.45 - 0.099;
}

export function bt709Light(value: number): number {
  return value < 0.081 ? value / 4.5 : ((value + 0.099) / 1.099) ** (1 / 0.45);
}

/** SMPTE ST 2084: the value that stands for so many cd/m². */
export function pqCurve(nits: number): number {
  const y = (nits / 10_000) ** 0.1593017578125;
  return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375;
}

/**
 * ITU-R BT.2100: HLG on a screen of 1,000 cd/m², with the system gamma of 1.2 on each channel, as SDR cameras and screens
 * have it together. (On luminance alone, strong colours would be paler than from an SDR camera.)
 */
export function hlgCurve(nits: number): number {
  const scene = (nits / 1_000) ** (1 / 1.2);
  return scene <= 1 / 12 ? Math.sqrt(3 * scene) : 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;
}
