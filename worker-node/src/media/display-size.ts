import { even } from '@millrace/shared/media/even.ts';
import { type Fraction, toNumber } from '@millrace/shared/media/fraction.ts';

/** Pixels more than this many times as wide as high, or the reverse, are a damaged header. */
const MAX_STRETCH = 8;

/** Null or absurd becomes square. */
export function saneAspectRatio(ratio: Fraction | null): Fraction {
  if (!ratio) return { num: 1, den: 1 };
  const stretch = toNumber(ratio);
  return stretch > MAX_STRETCH || stretch < 1 / MAX_STRETCH ? { num: 1, den: 1 } : ratio;
}

/** What a viewer sees: the height kept and the width made to fit square pixels, then turned; never odd. */
export function displaySize(
  codedWidth: number,
  codedHeight: number,
  sampleAspectRatio: Fraction,
  rotation: 0 | 90 | 180 | 270,
): { width: number; height: number } {
  const width = even(codedWidth * toNumber(sampleAspectRatio));
  const height = even(codedHeight);
  return rotation === 90 || rotation === 270 ? { width: height, height: width } : { width, height };
}
