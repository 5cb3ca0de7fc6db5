import type { Context } from '../context.ts';
import { claimKey, type KeyedRequest, type StoredAnswer } from './claim-key.ts';
import { derivedRandom } from './derived-random.ts';

/**
 * Begins a keyed request: what was answered the first time, or the context to run it in, whose ids are the same at every
 * run under the key. Refuses as `claimKey` does.
 */
export async function takeUp(
  ctx: Context,
  request: KeyedRequest,
): Promise<{ stored: StoredAnswer } | { ctx: Context }> {
  const claim = await claimKey(ctx, request);
  if ('stored' in claim) return claim;
  const run = [request.projectId, request.key, request.fingerprint, claim.epoch].join('\n');
  return { ctx: { ...ctx, random: await derivedRandom(ctx.random, ctx.config.playbackSecret, run) } };
}
