import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { type RecentMap, recentMap } from '../auth/recent-map.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { jobRecord } from '../status/job-record.ts';

/** What decides who may watch a job. */
export interface PlaybackState {
  public: boolean;
  revision: number;
}

/** By job. Guesses fill a memory of their own, and drive no job out of the other. */
export interface PlaybackMemory {
  jobs: RecentMap<PlaybackState>;
  absent: RecentMap<true>;
}

/** How long a change may go unnoticed by an isolate. */
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;
const MAX_ABSENT = 1_000;

const inRecord = jobRecord.pick({ public: true, playbackRevision: true });
const row = z.object({ public: z.boolean(), playback_revision: z.number() });

export function newPlaybackMemory(): PlaybackMemory {
  return { jobs: recentMap(MAX_REMEMBERED), absent: recentMap(MAX_ABSENT) };
}

/**
 * From the isolate's memory, else from the status cache, else from Postgres. Null when there is no such job.
 *
 * @param beforeStatement Asked before Postgres is; what it throws is thrown.
 */
export async function playbackState(
  ctx: Context,
  jobId: string,
  beforeStatement: () => Promise<void> = async () => {},
): Promise<PlaybackState | null> {
  const askedAt = ctx.now();
  const remembered = ctx.playback.jobs.get(jobId, askedAt);
  if (remembered) return remembered;
  if (ctx.playback.absent.get(jobId, askedAt)) return null;
  const cached = await cachedState(ctx, jobId);
  if (!cached) await beforeStatement();
  const state = cached ?? (await storedState(ctx, jobId));
  if (state) rememberState(ctx, jobId, state, askedAt);
  else ctx.playback.absent.set(jobId, true, askedAt + REMEMBERED_MS);
  return state;
}

/** @param askedAt When it was true, in milliseconds since the epoch. */
export function rememberState(ctx: Context, jobId: string, state: PlaybackState, askedAt: number): void {
  ctx.playback.jobs.set(jobId, state, askedAt + REMEMBERED_MS);
}

/** What the status cache says; null when it says nothing. */
export async function cachedState(ctx: Context, jobId: string): Promise<PlaybackState | null> {
  const cached = inRecord.safeParse(await ctx.statusCache.get(jobId));
  return cached.success ? { public: cached.data.public, revision: cached.data.playbackRevision } : null;
}

async function storedState(ctx: Context, jobId: string): Promise<PlaybackState | null> {
  const [job] = await rowsOf(
    ctx.db,
    sql`select public, playback_revision from jobs where id = ${jobId}::uuid`,
    row,
  );
  return job ? { public: job.public, revision: job.playback_revision } : null;
}
