import { subscriberOf } from '@millrace/shared/net/address-rules.ts';
import { requireRate } from '../auth/rate-limiter.ts';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { PUBLIC } from './playback-links.ts';
import { playbackState } from './playback-state.ts';
import { readPlayback } from './playback-token.ts';

export interface OpenPlayback {
  jobId: string;
  token: string;
  /** Where the request comes from, as far as one knows. */
  address: string;
}

/**
 * Refuses unless this token, or the word for public, opens this job now: with `playback_forbidden`, or with
 * `job_not_found` when a link that was good leads to a job that was erased. A token that was never signed costs no look
 * at the job; whoever guesses at public ones is held to a rate (`rate_limited`).
 */
export async function openPlayback(ctx: Context, input: OpenPlayback): Promise<void> {
  if (input.token === PUBLIC) {
    const state = await playbackState(ctx, input.jobId, () => holdToRate(ctx, input.address));
    if (!state?.public) throw new Refusal('playback_forbidden', 'There is no public film at this address.');
    return;
  }
  const { playbackSecret, earlierPlaybackSecrets } = ctx.config;
  const grant = await readPlayback(
    [playbackSecret, ...earlierPlaybackSecrets],
    input.jobId,
    input.token,
    ctx.now(),
  );
  if (!grant) throw forbidden();
  const state = await playbackState(ctx, input.jobId);
  if (!state) throw new Refusal('job_not_found', `There is no job ${input.jobId}.`);
  if (state.revision !== grant.revision) throw forbidden();
}

/** Viewers rarely get here: what they watch is remembered, or cached. Many of them may share an address. */
async function holdToRate(ctx: Context, address: string): Promise<void> {
  requireRate(await ctx.rateLimiter.take({ address: subscriberOf(address) }));
}

function forbidden(): Refusal {
  return new Refusal(
    'playback_forbidden',
    'This link is not valid, has expired or was revoked. Read the job for a new one.',
  );
}
