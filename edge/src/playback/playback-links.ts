import type { Context } from '../context.ts';
import type { JobRecord } from '../status/job-record.ts';
import { playbackExpiry, signPlayback } from './playback-token.ts';

export interface PlaybackLinks {
  /** Null until enough is encoded to play. */
  hlsUrl: string | null;
  posterUrl: string | null;
}

/** Links that play a job from the private bucket until they expire. Signed for each answer, never cached. */
export async function playbackLinks(ctx: Context, record: JobRecord, origin: string): Promise<PlaybackLinks> {
  if (!record.playable && !record.posterKey) return { hlsUrl: null, posterUrl: null };
  const expiresAt = playbackExpiry(ctx.now(), record.source?.durationSeconds ?? 0);
  const token = await signPlayback(ctx.config.playbackSecret, record.id, expiresAt);
  const base = `${origin}/playback/${token}/${record.id}`;
  return {
    hlsUrl: record.playable ? `${base}/master.m3u8` : null,
    posterUrl: record.posterKey ? `${base}/poster.jpg` : null,
  };
}
