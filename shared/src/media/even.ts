/** The nearest even number of pixels, at least two: what 4:2:0 needs. */
export function even(pixels: number): number {
  return Math.max(2, 2 * Math.round(pixels / 2));
}
