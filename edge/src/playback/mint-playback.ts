import type { Context } from '../context.ts';
import { type JobRef, readJob } from '../status/read-job.ts';
import { linksBelow, type PlaybackLinks, playbackBase, tokenOf } from './playback-links.ts';
import { chosenExpiry, playbackExpiry } from './playback-token.ts';

export interface MintedPlayback extends PlaybackLinks {
  /** Of the MP4 files, largest first; empty until they are there. */
  mp4Urls: { resolution: string; url: string }[];
  expiresAt: Date;
}

/**
 * Signed links to a job with a lifetime of the caller's choice; see `chosenExpiry`. Null for the usual one. Signed for
 * public jobs too: such a link works on when the job ceases to be public.
 */
export async function mintPlayback(
  ctx: Context,
  input: JobRef & { lifetimeSeconds: number | null; origin: string },
): Promise<MintedPlayback> {
  const record = await readJob(ctx, input);
  const durationSeconds = record.source?.durationSeconds ?? 0;
  const expiresAt =
    input.lifetimeSeconds === null
      ? playbackExpiry(ctx.now(), durationSeconds)
      : chosenExpiry(ctx.now(), durationSeconds, input.lifetimeSeconds);
  const base = playbackBase(input.origin, record.id, await tokenOf(ctx, record, expiresAt));
  const files = record.renditions.filter((rendition) => rendition.outputKey !== null);
  return {
    ...linksBelow(base, record),
    mp4Urls: files.map(({ resolution }) => ({ resolution, url: `${base}/${resolution}.mp4` })),
    expiresAt: new Date(expiresAt * 1000),
  };
}
