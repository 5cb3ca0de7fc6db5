import { m4aName, mp4Name, subtitlesName } from '@millrace/shared/task/outputs.ts';
import type { Context } from '../context.ts';
import { type JobRef, readJob } from '../status/read-job.ts';
import { linksBelow, type PlaybackLinks, playbackBase, tokenOf } from './playback-links.ts';
import { chosenExpiry, playbackExpiry } from './playback-token.ts';

export interface MintedPlayback extends PlaybackLinks {
  /** Of the MP4 files, largest first; empty until they are there, as the lists that follow. */
  mp4Urls: { resolution: string; url: string }[];
  /** Of the M4A files of sound alone. */
  audioUrls: { track: string; url: string }[];
  /** Of whole WebVTT files. */
  subtitleUrls: { track: string; url: string }[];
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
  return {
    ...linksBelow(base, record),
    mp4Urls: record.renditions
      .filter(isStored)
      .map(({ resolution }) => ({ resolution, url: `${base}/${mp4Name(resolution)}` })),
    audioUrls: record.audio
      .filter(isStored)
      .map(({ track }) => ({ track, url: `${base}/${m4aName(track)}` })),
    subtitleUrls: record.subtitles.map(({ track }) => ({ track, url: `${base}/${subtitlesName(track)}` })),
    expiresAt: new Date(expiresAt * 1000),
  };
}

function isStored({ outputKey }: { outputKey: string | null }): boolean {
  return outputKey !== null;
}
