import { compare, type Fraction, parseFraction, toNumber } from '@millrace/shared/media/fraction.ts';

/** Rates that cameras, editors and players know, in order. Variable rates become one of these. */
const STANDARD: readonly Fraction[] = [
  { num: 24_000, den: 1_001 },
  { num: 24, den: 1 },
  { num: 25, den: 1 },
  { num: 30_000, den: 1_001 },
  { num: 30, den: 1 },
  { num: 48, den: 1 },
  { num: 50, den: 1 },
  { num: 60_000, den: 1_001 },
  { num: 60, den: 1 },
];
const FASTEST_VARIABLE: Fraction = { num: 60, den: 1 };
const FASTEST_CONSTANT = 120;
const SLOWEST_CONSTANT = 1;

/** Closer than this to a standard rate is that rate: 23.976 is 24000/1001, but 29.97 is not 30. */
const SAME_RATE = 2e-4;
/** Headers count frames and lengths at different ends; the two rates of a constant stream still agree this well. */
const CONSTANT_WITHIN = 0.01;

export interface FrameRateDecision {
  frameRate: Fraction;
  variable: boolean;
}

/**
 * The one frame rate of a job.
 * - Constant (the smallest distance between frames agrees with the average), from 1 to 120 a second: kept as it is.
 * - Variable: the first standard rate at or above the average, at most 60.
 * - Constant but faster than 120, or unknown: treated as variable.
 */
export function decideFrameRate(
  rFrameRate: string | undefined,
  avgFrameRate: string | undefined,
): FrameRateDecision {
  const base = parseFraction(rFrameRate ?? '');
  const average = parseFraction(avgFrameRate ?? '');
  const rate = average ?? base;
  if (!rate) return { frameRate: { num: 25, den: 1 }, variable: true };
  const constant =
    base === null || average === null || near(base, average, CONSTANT_WITHIN) ? (base ?? rate) : null;
  if (constant && toNumber(constant) >= SLOWEST_CONSTANT && toNumber(constant) <= FASTEST_CONSTANT) {
    return { frameRate: handy(constant), variable: false };
  }
  const standard = STANDARD.find(
    (candidate) => near(candidate, rate, SAME_RATE) || compare(candidate, rate) >= 0,
  );
  return { frameRate: standard ?? FASTEST_VARIABLE, variable: true };
}

/** Largest numerator that keeps a track's clock well inside 32 bits. */
const MAX_NUMERATOR = 1_000_000;

/** The standard rate it means, or the rate itself if its terms can be a clock, or a neighbour in thousandths. */
function handy(rate: Fraction): Fraction {
  const standard = STANDARD.find((candidate) => near(candidate, rate, SAME_RATE));
  if (standard) return standard;
  if (rate.num <= MAX_NUMERATOR && rate.den <= MAX_NUMERATOR) return rate;
  return parseFraction(`${Math.round(toNumber(rate) * 1_000)}/1000`) ?? rate;
}

function near(a: Fraction, b: Fraction, tolerance: number): boolean {
  return Math.abs(toNumber(a) / toNumber(b) - 1) <= tolerance;
}
