import { JOB_STATUSES, type JobStatus } from '@millrace/shared/job/job-state.ts';
import { MANIFEST_NAME } from '@millrace/shared/manifest/dash.ts';
import { I_FRAMES_NAME, MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import { writeIFrames, writeMedia } from '@millrace/shared/manifest/write-media.ts';
import { writeMultivariant } from '@millrace/shared/manifest/write-multivariant.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { type LoadedPresentation, loadPresentation } from './load-presentation.ts';

export type ManifestRef =
  | { kind: 'multivariant' }
  | { kind: 'media'; track: string }
  | { kind: 'i-frames'; track: string }
  | { kind: 'dash' };

export interface ManifestRequest {
  jobId: string;
  ref: ManifestRef;
}

export interface Manifest {
  text: string;
  /** It will not change any more. */
  final: boolean;
}

const row = z.object({
  status: z.enum(JOB_STATUSES),
  hls_key: z.string().nullable(),
  dash_key: z.string().nullable(),
});

/** A playlist or manifest of a job: as published, or as far as the job has come. */
export async function readManifest(ctx: Context, { jobId, ref }: ManifestRequest): Promise<Manifest> {
  const [job] = await rowsOf(
    ctx.db,
    sql`select status, hls_key, dash_key from jobs where id = ${jobId}::uuid`,
    row,
  );
  if (!job) throw new Refusal('job_not_found', `There is no job ${jobId}.`);
  const key = ref.kind === 'dash' ? job.dash_key : job.hls_key;
  if (key !== null) return { text: await publishedText(ctx, key, ref), final: true };
  if (!mayGrow(job.status)) throw missing(jobId);
  return { text: await growingText(ctx, { jobId, ref }), final: false };
}

/** The playlists of one publication lie side by side. */
async function publishedText(ctx: Context, manifestKey: string, ref: ManifestRef): Promise<string> {
  const folder = manifestKey.slice(0, manifestKey.lastIndexOf('/'));
  const response = await ctx.storage.get(`${folder}/${manifestName(ref)}`);
  if (response.status === 200) return response.text();
  await response.body?.cancel();
  throw new Refusal('object_not_found', `The job has no "${manifestName(ref)}".`);
}

async function growingText(ctx: Context, { jobId, ref }: ManifestRequest): Promise<string> {
  const presentation = await loadPresentation(ctx, jobId, { complete: false });
  const format = ref.kind === 'dash' ? 'dash' : 'hls';
  if (presentation && !presentation.plan.packaging.includes(format)) throw missing(jobId);
  const text = presentation && writeManifest(presentation, ref);
  if (text) return text;
  throw new Refusal('not_playable_yet', 'Not enough is encoded yet. Try again in a moment.', {
    retryAfterSeconds: 1,
  });
}

/** A DASH manifest does not grow: it says how long the film is. */
function writeManifest(presentation: LoadedPresentation, ref: ManifestRef): string | null {
  switch (ref.kind) {
    case 'multivariant':
      return writeMultivariant(presentation);
    case 'media':
      return writeMedia(presentation, ref.track);
    case 'i-frames':
      return writeIFrames(presentation, ref.track);
    case 'dash':
      return null;
    default:
      return ref satisfies never;
  }
}

function manifestName(ref: ManifestRef): string {
  switch (ref.kind) {
    case 'multivariant':
      return MULTIVARIANT_NAME;
    case 'media':
      return `${ref.track}/${PLAYLIST_NAME}`;
    case 'i-frames':
      return `${ref.track}/${I_FRAMES_NAME}`;
    case 'dash':
      return MANIFEST_NAME;
    default:
      return ref satisfies never;
  }
}

function mayGrow(status: JobStatus): boolean {
  return status === 'queued' || status === 'processing';
}

function missing(jobId: string): Refusal {
  return new Refusal('object_not_found', `Job ${jobId} has no such playlist or manifest.`);
}
