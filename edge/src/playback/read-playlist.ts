import { JOB_STATUSES, type JobStatus } from '@millrace/shared/job/job-state.ts';
import { MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import { writeMedia, writeMultivariant } from '@millrace/shared/manifest/presentation.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { loadPresentation } from './load-presentation.ts';

export interface PlaylistRequest {
  jobId: string;
  /** Null for the multivariant playlist. */
  track: string | null;
}

export interface Playlist {
  text: string;
  /** It will not change any more. */
  final: boolean;
}

const row = z.object({ status: z.enum(JOB_STATUSES), hls_key: z.string().nullable() });

/** A playlist of a job: as published, or as far as the job has come. */
export async function readPlaylist(ctx: Context, request: PlaylistRequest): Promise<Playlist> {
  const [job] = await rowsOf(
    ctx.db,
    sql`select status, hls_key from jobs where id = ${request.jobId}::uuid`,
    row,
  );
  if (!job) throw new Refusal('job_not_found', `There is no job ${request.jobId}.`);
  if (job.hls_key !== null)
    return { text: await publishedText(ctx, job.hls_key, request.track), final: true };
  if (!mayGrow(job.status)) throw missing(request);
  return { text: await growingText(ctx, request), final: false };
}

/** The playlists of one publication lie side by side. */
async function publishedText(ctx: Context, hlsKey: string, track: string | null): Promise<string> {
  const folder = hlsKey.slice(0, hlsKey.lastIndexOf('/'));
  const key = track === null ? hlsKey : `${folder}/${track}/${PLAYLIST_NAME}`;
  const response = await ctx.storage.get(key);
  if (response.status === 200) return response.text();
  await response.body?.cancel();
  throw new Refusal('object_not_found', `The job has no playlist for "${track ?? MULTIVARIANT_NAME}".`);
}

async function growingText(ctx: Context, request: PlaylistRequest): Promise<string> {
  const presentation = await loadPresentation(ctx, request.jobId, { complete: false });
  if (presentation && !presentation.plan.packaging.includes('hls')) throw missing(request);
  const text =
    presentation &&
    (request.track === null ? writeMultivariant(presentation) : writeMedia(presentation, request.track));
  if (text) return text;
  throw new Refusal('not_playable_yet', 'Not enough is encoded yet. Try again in a moment.', {
    retryAfterSeconds: 1,
  });
}

function mayGrow(status: JobStatus): boolean {
  return status === 'queued' || status === 'processing';
}

function missing({ jobId }: PlaylistRequest): Refusal {
  return new Refusal('object_not_found', `Job ${jobId} has no playlists.`);
}
