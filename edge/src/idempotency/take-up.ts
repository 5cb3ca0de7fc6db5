import type { Context } from '../context.ts';
import { claimKey, type KeyedRequest, type StoredAnswer } from './claim-key.ts';
import { derivedRandom } from './derived-random.ts';

/** A keyed request that runs. */
export interface KeyedRun {
  /** Its ids are the same at every run under the key. */
  ctx: Context;
  /** Those it has taken so far. */
  made: readonly string[];
}

/**
 * Begins a keyed request: what was answered the first time, or leave to run. Refuses as `claimKey` does.
 */
export async function takeUp(
  ctx: Context,
  request: KeyedRequest,
): Promise<{ stored: StoredAnswer } | { run: KeyedRun }> {
  const claim = await claimKey(ctx, request);
  if ('stored' in claim) return claim;
  const name = [request.projectId, request.key, request.fingerprint, claim.epoch].join('\n');
  const derived = await derivedRandom(ctx.random, ctx.config.playbackSecret, name);
  const made: string[] = [];
  const uuid = () => {
    const id = derived.uuid();
    made.push(id);
    return id;
  };
  return { run: { ctx: { ...ctx, random: { ...derived, uuid } }, made } };
}
