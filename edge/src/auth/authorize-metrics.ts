import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { sameSecret } from '../secrets.ts';
import { authenticate } from './authenticate.ts';
import { bearerToken } from './bearer-token.ts';

/** Metrics tell of all projects: they are for the operator, for whoever has their own token, or open to all. */
export async function authorizeMetrics(ctx: Context, headers: Headers): Promise<void> {
  const { token, open } = ctx.config.metrics;
  if (open) return;
  const given = bearerToken(headers);
  if (token && given !== null && (await sameSecret(given, token))) return;
  const caller = await authenticate(ctx, headers);
  if (!caller.operator)
    throw new Refusal('forbidden', 'Metrics tell of all projects, and a key opens only one.');
}
