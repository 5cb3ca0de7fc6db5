import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { PUBLIC } from './playback-links.ts';
import { playbackState } from './playback-state.ts';
import { readPlayback } from './playback-token.ts';

/**
 * Refuses unless this token, or the word for public, opens this job now: with `playback_forbidden`, or with
 * `job_not_found` when a link that was good leads to a job that was erased. A token that was never signed costs no look
 * at the job.
 */
export async function openPlayback(ctx: Context, input: { jobId: string; token: string }): Promise<void> {
  if (input.token === PUBLIC) {
    const state = await playbackState(ctx, input.jobId);
    if (!state?.public) throw new Refusal('playback_forbidden', 'There is no public film at this address.');
    return;
  }
  const grant = await readPlayback(ctx.config.playbackSecret, input.jobId, input.token, ctx.now());
  if (!grant) throw forbidden();
  const state = await playbackState(ctx, input.jobId);
  if (!state) throw new Refusal('job_not_found', `There is no job ${input.jobId}.`);
  if (state.revision !== grant.revision) throw forbidden();
}

function forbidden(): Refusal {
  return new Refusal(
    'playback_forbidden',
    'This link is not valid, has expired or was revoked. Read the job for a new one.',
  );
}
