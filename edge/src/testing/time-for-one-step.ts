import type { Context } from '../context.ts';

/** A context whose clock runs so fast that a pass in steps begins no second one. */
export function withTimeForOneStep(ctx: Context): Context {
  let now = ctx.now();
  return { ...ctx, now: () => (now += 3_000) };
}
