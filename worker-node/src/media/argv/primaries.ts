/** Chromaticities of red, green and blue by ffmpeg's names. All with the white point D65. */
const CHROMATICITIES = {
  bt709: [0.64, 0.33, 0.3, 0.6, 0.15, 0.06],
  bt470bg: [0.64, 0.33, 0.29, 0.6, 0.15, 0.06],
  smpte170m: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07],
  smpte240m: [0.63, 0.34, 0.31, 0.595, 0.155, 0.07],
  bt2020: [0.708, 0.292, 0.17, 0.797, 0.131, 0.046],
  smpte432: [0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
  ebu3213: [0.63, 0.34, 0.295, 0.605, 0.155, 0.077],
} as const;
export type Primaries = keyof typeof CHROMATICITIES;

const D65 = [0.3127, 0.329] as const;

export type Triple = readonly [number, number, number];
type Square = readonly [Triple, Triple, Triple];

export function isPrimaries(name: string | null): name is Primaries {
  return name !== null && Object.hasOwn(CHROMATICITIES, name);
}

/** Takes linear light from one set of primaries to another. */
export function primariesMatrix(from: Primaries, to: Primaries): Square {
  const back = inverse(toXyz(to));
  const [x, y, z] = transposed(toXyz(from));
  return transposed([times(back, x), times(back, y), times(back, z)]);
}

export function times(matrix: Square, [x, y, z]: Triple): Triple {
  const row = ([a, b, c]: Triple) => a * x + b * y + c * z;
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

/** SMPTE RP 177: columns are the primaries, in amounts that make white. */
function toXyz(primaries: Primaries): Square {
  const [rx, ry, gx, gy, bx, by] = CHROMATICITIES[primaries];
  const columns: Square = [xyz(rx, ry), xyz(gx, gy), xyz(bx, by)];
  const [r, g, b] = times(inverse(transposed(columns)), xyz(...D65));
  return transposed([scaled(columns[0], r), scaled(columns[1], g), scaled(columns[2], b)]);
}

function xyz(x: number, y: number): Triple {
  return [x / y, 1, (1 - x - y) / y];
}

function scaled([x, y, z]: Triple, by: number): Triple {
  return [x * by, y * by, z * by];
}

function transposed([[a, b, c], [d, e, f], [g, h, i]]: Square): Square {
  return [
    [a, d, g],
    [b, e, h],
    [c, f, i],
  ];
}

function inverse([[a, b, c], [d, e, f], [g, h, i]]: Square): Square {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const rows: Square = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  const by = 1 / determinant;
  return [scaled(rows[0], by), scaled(rows[1], by), scaled(rows[2], by)];
}
