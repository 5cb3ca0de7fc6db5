import { MANIFEST_NAME } from '@millrace/shared/manifest/dash.ts';
import { MULTIVARIANT_NAME } from '@millrace/shared/manifest/hls.ts';
import { POSTER_NAME, STORYBOARD_NAME } from '@millrace/shared/task/outputs.ts';
import type { Context } from '../context.ts';
import type { JobRecord } from '../status/job-record.ts';
import { playbackExpiry, signPlayback } from './playback-token.ts';

/** In place of a token: opens jobs that are public. */
export const PUBLIC = 'public';

export interface PlaybackLinks {
  /** Null until enough is encoded to play. */
  hlsUrl: string | null;
  /** This and the next two: null until the job is completed. */
  dashUrl: string | null;
  posterUrl: string | null;
  storyboardUrl: string | null;
}

/**
 * Links that play a job from the private bucket: for ever those of a public one, until they expire or are revoked all
 * others. Signed for each answer, never cached.
 */
export async function playbackLinks(ctx: Context, record: JobRecord, origin: string): Promise<PlaybackLinks> {
  if (Object.values(linksBelow('', record)).every((link) => link === null)) return linksBelow('', record);
  const expiresAt = playbackExpiry(ctx.now(), record.source?.durationSeconds ?? 0);
  const token = record.public ? PUBLIC : await tokenOf(ctx, record, expiresAt);
  return linksBelow(playbackBase(origin, record.id, token), record);
}

/** @param expiresAt Seconds since the epoch. */
export function tokenOf(ctx: Context, record: JobRecord, expiresAt: number): Promise<string> {
  const { id, playbackRevision: revision } = record;
  return signPlayback(ctx.config.playbackSecret, id, { expiresAt, revision });
}

export function playbackBase(origin: string, jobId: string, token: string): string {
  return `${origin}/playback/${token}/${jobId}`;
}

export function linksBelow(base: string, record: JobRecord): PlaybackLinks {
  const link = (isThere: boolean, name: string) => (isThere ? `${base}/${name}` : null);
  return {
    hlsUrl: link(record.playable, MULTIVARIANT_NAME),
    dashUrl: link(record.dashKey !== null, MANIFEST_NAME),
    posterUrl: link(record.posterKey !== null, POSTER_NAME),
    storyboardUrl: link(record.storyboardKey !== null, STORYBOARD_NAME),
  };
}
