import type { Context } from '../context.ts';
import type { JobRecord } from '../status/job-record.ts';
import { playbackExpiry, signPlayback } from './playback-token.ts';

/** In place of a token: opens jobs that are public. */
export const PUBLIC = 'public';

export interface PlaybackLinks {
  /** Null until enough is encoded to play. */
  hlsUrl: string | null;
  posterUrl: string | null;
}

/**
 * Links that play a job from the private bucket: for ever those of a public one, until they expire or are revoked all
 * others. Signed for each answer, never cached.
 */
export async function playbackLinks(ctx: Context, record: JobRecord, origin: string): Promise<PlaybackLinks> {
  if (!record.playable && !record.posterKey) return { hlsUrl: null, posterUrl: null };
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
  return {
    hlsUrl: record.playable ? `${base}/master.m3u8` : null,
    posterUrl: record.posterKey ? `${base}/poster.jpg` : null,
  };
}
