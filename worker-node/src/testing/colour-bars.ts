import { execa } from 'execa';
import { each, type Rgb } from './colour-formulas.ts';

const [WIDTH, HEIGHT, COLUMNS, ROWS] = [160, 90, 10, 2];
const [BAR, LINES] = [WIDTH / COLUMNS, 44];

const HUES: readonly Rgb[] = [
  [1, 1, 1],
  [1, 1, 0],
  [0, 1, 1],
  [0, 1, 0],
  [1, 0, 1],
  [1, 0, 0],
  [0, 0, 1],
  [0, 0, 0],
];

/** Twenty colours: bars of 100 % and 75 %, grey, skin, leaf and sky. */
export const BARS: readonly Rgb[] = [
  ...HUES,
  [0.5, 0.5, 0.5],
  [0.8, 0.6, 0.5],
  ...HUES.map((hue) => each(hue, (value) => 0.75 * value)),
  [0.3, 0.5, 0.4],
  [0.2, 0.3, 0.6],
];

/** One picture of three planes, 160 × 90, of twenty colours given as codes of each plane. */
export function barsPicture(
  colours: readonly (readonly number[])[],
  options: { bytes?: 1 | 2; subsampled?: boolean } = {},
): Buffer {
  const { bytes = 1, subsampled = true } = options;
  const planes = colours[0]?.map((_, plane) => {
    const shift = subsampled && (plane === 1 || plane === 2) ? 1 : 0;
    const [width, height] = [WIDTH >> shift, HEIGHT >> shift];
    const pixels = Buffer.alloc(width * height * bytes);
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const bar = Math.floor(x / (BAR >> shift)) + (y < LINES >> shift ? 0 : COLUMNS);
        const code = Math.round(Math.min(256 ** bytes - 1, Math.max(0, colours[bar]?.[plane] ?? 0)));
        if (bytes === 1) pixels[y * width + x] = code;
        else pixels.writeUInt16LE(code, 2 * (y * width + x));
      }
    }
    return pixels;
  });
  return Buffer.concat(planes ?? []);
}

/** Codes of the middle of each bar in an 8-bit 4:2:0 picture of any size. */
export function readBars(picture: Buffer, width: number, height: number): Rgb[] {
  return BARS.map((_, bar) => {
    const x = ((bar % COLUMNS) + 0.5) / COLUMNS;
    const y = (Math.floor(bar / COLUMNS) + 0.5) / ROWS;
    const at = (start: number, w: number, h: number) =>
      picture[start + Math.floor(y * h) * w + Math.floor(x * w)] ?? Number.NaN;
    const [luma, chroma] = [width * height, (width / 2) * (height / 2)];
    return [at(0, width, height), at(luma, width / 2, height / 2), at(luma + chroma, width / 2, height / 2)];
  });
}

/** Ten frames of a picture as a file, by these arguments of ffmpeg. */
export async function writeBars(
  picture: Buffer,
  pixelFormat: string,
  argv: readonly string[],
  file: string,
): Promise<string> {
  await execa(
    'ffmpeg',
    [
      ...['-nostdin', '-v', 'error', '-f', 'rawvideo', '-pix_fmt', pixelFormat, '-s', `${WIDTH}x${HEIGHT}`],
      ...['-r', '25', '-i', 'pipe:0', ...argv, '-y', file],
    ],
    { input: Buffer.concat(Array.from({ length: 10 }, () => picture)) },
  );
  return file;
}

/** The greatest distance of any code from what it should be, and where. */
export function worst(found: readonly Rgb[], wanted: readonly Rgb[]): { distance: number; where: string } {
  let result = { distance: 0, where: 'nowhere' };
  for (const [bar, codes] of found.entries()) {
    const should = wanted[bar] ?? codes;
    const distance = Math.max(...codes.map((code, i) => Math.abs(code - (should[i] ?? Number.NaN))));
    if (!(distance <= result.distance)) {
      const text = should.map((code) => code.toFixed(1)).join(',');
      result = { distance, where: `${BARS[bar]?.join(',')}: ${codes.join(',')} instead of ${text}` };
    }
  }
  return result;
}
