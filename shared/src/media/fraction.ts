import { z } from 'zod';

/** A positive rational number in lowest terms, such as 30000/1001. Frame rates and aspect ratios are never floats. */
export const fraction = z.object({ num: z.int().positive(), den: z.int().positive() });
export type Fraction = z.infer<typeof fraction>;

/** Reduces to lowest terms. Both parts must be positive safe integers. */
export function reduce(num: number, den: number): Fraction {
  const divisor = greatestCommonDivisor(num, den);
  return { num: num / divisor, den: den / divisor };
}

/** Reads "30000/1001", "16:9" or "25". Null for anything that is not a positive rational ("0/0", "N/A"). */
export function parseFraction(text: string): Fraction | null {
  const match = /^(\d{1,15})(?:[/:](\d{1,15}))?$/.exec(text);
  if (!match) return null;
  const num = Number(match[1]);
  const den = Number(match[2] ?? '1');
  return num > 0 && den > 0 ? reduce(num, den) : null;
}

export function toNumber(value: Fraction): number {
  return value.num / value.den;
}

/** Compares exactly: negative when a < b. */
export function compare(a: Fraction, b: Fraction): number {
  const difference = BigInt(a.num) * BigInt(b.den) - BigInt(b.num) * BigInt(a.den);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** `value × num ÷ den` rounded half up, exact for any safe integers. */
export function mulDivRound(value: number, num: number, den: number): number {
  const product = 2n * BigInt(value) * BigInt(num) + BigInt(den);
  const divisor = 2n * BigInt(den);
  const quotient = product / divisor;
  return Number(product % divisor < 0n ? quotient - 1n : quotient);
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
