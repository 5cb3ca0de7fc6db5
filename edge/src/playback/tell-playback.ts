import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import type { JobRecord } from '../status/job-record.ts';
import { cacheRecord } from '../status/refresh-status.ts';
import { cachedState, type PlaybackState, rememberState } from './playback-state.ts';

/**
 * To be awaited after who may watch a job has changed: five seconds later it holds everywhere. A cache that did not take
 * the record is made to forget the job, for what it has would let strangers in until it expires. Refuses with
 * `cache_unavailable` when it cannot be reached: the job is changed, and asking again tells of it.
 */
export async function tellPlayback(ctx: Context, record: JobRecord): Promise<void> {
  const state = { public: record.public, revision: record.playbackRevision };
  rememberState(ctx, record.id, state, ctx.now());
  await cacheRecord(ctx, record);
  const cached = await cachedState(ctx, record.id);
  if (cached && !isOlder(cached, state)) return;
  if (await ctx.statusCache.forget(record.id)) return;
  throw new Refusal('cache_unavailable', 'The change may not hold everywhere yet. Try again.', {
    retryAfterSeconds: 1,
  });
}

/** What is newer came from somebody who tells of it too. */
function isOlder(cached: PlaybackState, state: PlaybackState): boolean {
  return (
    cached.revision < state.revision || (cached.revision === state.revision && cached.public !== state.public)
  );
}
