import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { opensPlayback } from './playback-token.ts';

/** Refuses with `playback_forbidden` unless the token opens this job now. */
export async function openPlayback(ctx: Context, input: { jobId: string; token: string }): Promise<void> {
  if (await opensPlayback(ctx.config.playbackSecret, input.jobId, input.token, ctx.now())) return;
  throw new Refusal(
    'playback_forbidden',
    'This link is not valid or has expired. Read the job for a new one.',
  );
}
