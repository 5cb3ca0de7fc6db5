/** `y ≈ fixed + perUnit × x`, neither below zero. */
export interface Line {
  fixed: number;
  perUnit: number;
}

/** By least squares. Points that all have one x say nothing of what is fixed: all of it is per unit then. */
export function fitLine(points: readonly { x: number; y: number }[]): Line {
  if (points.length === 0) throw new Error('no points to draw a line through');
  const mean = (of: (point: { x: number; y: number }) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [mx, my] = [mean(({ x }) => x), mean(({ y }) => y)];
  const spread = mean(({ x }) => (x - mx) ** 2);
  const slope = spread === 0 ? my / mx : mean(({ x, y }) => (x - mx) * (y - my)) / spread;
  if (slope < 0) return { fixed: my, perUnit: 0 };
  const fixed = my - slope * mx;
  return fixed < 0 ? { fixed: 0, perUnit: my / mx } : { fixed, perUnit: slope };
}

export function valueAt({ fixed, perUnit }: Line, x: number): number {
  return fixed + perUnit * x;
}
