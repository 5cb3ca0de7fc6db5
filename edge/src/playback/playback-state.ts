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

/** By job; null for a job that does not exist. */
export type PlaybackMemory = RecentMap<PlaybackState | null>;

/** How long a change may go unnoticed by an isolate. */
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;

const inRecord = jobRecord.pick({ public: true, playbackRevision: true });
const row = z.object({ public: z.boolean(), playback_revision: z.number() });

export function newPlaybackMemory(): PlaybackMemory {
  return recentMap(MAX_REMEMBERED);
}

/** From the isolate's memory, else from the status cache, else from Postgres. Null when there is no such job. */
export async function playbackState(ctx: Context, jobId: string): Promise<PlaybackState | null> {
  const remembered = ctx.playback.get(jobId, ctx.now());
  if (remembered !== undefined) return remembered;
  const askedAt = ctx.now();
  const state = (await cachedState(ctx, jobId)) ?? (await storedState(ctx, jobId));
  rememberState(ctx, jobId, state, askedAt);
  return state;
}

/** @param askedAt When it was true, in milliseconds since the epoch. */
export function rememberState(
  ctx: Context,
  jobId: string,
  state: PlaybackState | null,
  askedAt: number,
): void {
  ctx.playback.set(jobId, state, askedAt + REMEMBERED_MS);
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
