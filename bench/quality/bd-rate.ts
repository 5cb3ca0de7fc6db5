/** One encode: how many bits, and how good. */
export interface RatePoint {
  /** Bits or bytes of the same pictures, in any unit. */
  rate: number;
  /** Higher is better. */
  quality: number;
}

/**
 * Bjøntegaard's delta: by how many per cent `test` needs more bits than `anchor` for as good a picture, on average over
 * the qualities that both reach. The logarithm of the rate is interpolated over quality by monotone piecewise cubics
 * (PCHIP), which do not swing between points as one polynomial does. Needs two points or more of each; throws when a curve
 * does not rise, or when the two share no quality.
 */
export function bdRatePercent(anchor: readonly RatePoint[], test: readonly RatePoint[]): number {
  const [a, b] = [curveOf(anchor), curveOf(test)];
  const from = Math.max(a.from, b.from);
  const to = Math.min(a.to, b.to);
  if (from >= to) throw new Error('the two have no quality in common');
  const meanLogRatio = (b.integral(from, to) - a.integral(from, to)) / (to - from);
  return (Math.exp(meanLogRatio) - 1) * 100;
}

/** ln(rate) over quality. */
interface Curve {
  from: number;
  to: number;
  integral(from: number, to: number): number;
}

function curveOf(points: readonly RatePoint[]): Curve {
  const sorted = [...points].sort((p, q) => p.quality - q.quality);
  const x = sorted.map(({ quality }) => quality);
  const y = sorted.map(({ rate }) => Math.log(rate));
  const rises = (values: number[]) => values.every((value, i) => i === 0 || value > (values[i - 1] ?? value));
  if (sorted.length < 2 || !rises(x) || !rises(y)) {
    throw new Error('more bits must make a better picture, point by point');
  }
  const slopes = pchipSlopes(x, y);
  return {
    from: at(x, 0),
    to: at(x, x.length - 1),
    integral(from, to) {
      let sum = 0;
      for (let i = 0; i + 1 < x.length; i++) {
        const [left, right] = [Math.max(from, at(x, i)), Math.min(to, at(x, i + 1))];
        if (left < right) sum += pieceIntegral(x, y, slopes, i, left, right);
      }
      return sum;
    },
  };
}

/** Derivatives at the points, after Fritsch and Butland; at the ends of three points, one-sided and kept monotone. */
function pchipSlopes(x: readonly number[], y: readonly number[]): number[] {
  const h = x.slice(1).map((value, i) => value - at(x, i));
  const delta = h.map((width, i) => (at(y, i + 1) - at(y, i)) / width);
  if (x.length === 2) return [at(delta, 0), at(delta, 0)];
  const inner = delta.slice(1).map((after, i) => {
    const before = at(delta, i);
    const [w1, w2] = [2 * at(h, i + 1) + at(h, i), at(h, i + 1) + 2 * at(h, i)];
    return before * after <= 0 ? 0 : (w1 + w2) / (w1 / before + w2 / after);
  });
  const last = h.length - 1;
  return [
    endSlope(at(h, 0), at(h, 1), at(delta, 0), at(delta, 1)),
    ...inner,
    endSlope(at(h, last), at(h, last - 1), at(delta, last), at(delta, last - 1)),
  ];
}

function endSlope(h0: number, h1: number, delta0: number, delta1: number): number {
  const slope = ((2 * h0 + h1) * delta0 - h0 * delta1) / (h0 + h1);
  if (slope * delta0 <= 0) return 0;
  return delta0 * delta1 <= 0 && Math.abs(slope) > 3 * Math.abs(delta0) ? 3 * delta0 : slope;
}

/** Simpson's rule is exact for a cubic. */
function pieceIntegral(
  x: readonly number[],
  y: readonly number[],
  slopes: readonly number[],
  piece: number,
  from: number,
  to: number,
): number {
  const [x0, width] = [at(x, piece), at(x, piece + 1) - at(x, piece)];
  const value = (position: number) => {
    const t = (position - x0) / width;
    return (
      (1 + 2 * t) * (1 - t) ** 2 * at(y, piece) +
      t * (1 - t) ** 2 * width * at(slopes, piece) +
      t ** 2 * (3 - 2 * t) * at(y, piece + 1) +
      t ** 2 * (t - 1) * width * at(slopes, piece + 1)
    );
  };
  return ((to - from) / 6) * (value(from) + 4 * value((from + to) / 2) + value(to));
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  if (value === undefined) throw new Error('out of range');
  return value;
}
