import { MULTIVARIANT_NAME, PLAYLIST_NAME } from '@millrace/shared/manifest/hls.ts';
import {
  measure,
  type Presentation,
  writeMedia,
  writeMultivariant,
} from '@millrace/shared/manifest/presentation.ts';
import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import { mp4Name, POSTER_NAME } from '@millrace/shared/task/outputs.ts';
import { taskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { isDatabaseAway, rowsOf } from '../db/database.ts';
import { describeError, warn } from '../log.ts';
import { loadPresentation } from '../playback/load-presentation.ts';
import { Refusal } from '../refusal.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import { failTask } from '../tasks/fail-task.ts';
import { releaseTask } from '../tasks/release-task.ts';
import { startTask } from '../tasks/start-task.ts';
import { type Fence, leaseEnd } from '../tasks/transition.ts';
import { completeJob, type PublishedRendition } from './complete-job.ts';
import { markPlayable } from './mark-playable.ts';

const claimRow = z.object({
  job_id: z.string(),
  project_id: z.string(),
  attempt: z.number(),
  lease_token: z.string(),
  job_status: z.string(),
});
type PublishClaim = z.infer<typeof claimRow>;

const productRow = z.object({
  task_id: z.string(),
  attempt: z.number(),
  /** For `assemble`: the rendition. */
  rendition: z.string().nullable(),
  result: taskResult,
});
type Product = z.infer<typeof productRow>;

/** Between two tries while storage or database are away. */
const PUT_OFF_MS = 10_000;

const HLS_TYPE = 'application/vnd.apple.mpegurl';

/**
 * Runs a publish task: takes it under a lease, writes the final playlists, and completes the job with everything it
 * published in one statement. Whoever else tries at the same time finds the task taken; a publisher that dies is
 * replaced by the reaper when its lease ends.
 */
export async function publishJob(ctx: Context, taskId: string): Promise<void> {
  const claim = await claimPublish(ctx, taskId);
  if (!claim) return;
  const fence: Fence = { taskId, attempt: claim.attempt, leaseToken: claim.lease_token };
  try {
    // All that is left of a job that was retried.
    if (claim.job_status === 'queued') await startTask(ctx, fence);
    const presentation = await loadPresentation(ctx, claim.job_id, { complete: true });
    if (!presentation) throw new Error('The job has no plan');
    await markPlayable(ctx, [claim.job_id]);
    const products = await loadProducts(ctx, claim.job_id);
    const playlists = presentation.plan.packaging.includes('hls') ? writePlaylists(presentation) : new Map();
    const keyOf = (name: string) => objectKey(claim.project_id, taskId, claim.attempt, name);
    await Promise.all([...playlists].map(([name, text]) => ctx.storage.putOnce(keyOf(name), text, HLS_TYPE)));
    await completeJob(ctx, fence, {
      hlsKey: playlists.size > 0 ? keyOf(MULTIVARIANT_NAME) : null,
      posterKey: posterKey(claim, products),
      renditions: describeRenditions(presentation, claim, products, playlists.size > 0 ? keyOf : null),
    });
  } catch (error) {
    await handBack(ctx, fence, error);
  }
  await refreshStatus(ctx, [claim.job_id]);
}

async function claimPublish(ctx: Context, taskId: string): Promise<PublishClaim | null> {
  const [claim] = await rowsOf(
    ctx.db,
    sql`
      update tasks t
      set state = 'running', attempt = t.attempt + 1, lease_token = gen_random_uuid(), started = false, outcome = null,
          lease_expires_at = ${leaseEnd}, heard_at = now(), claimed_at = now(), started_at = now(),
          worker_id = 'edge', machine_id = 'edge'
      where t.id = ${taskId}::uuid and t.state = 'ready' and t.kind = 'publish' and t.run_after <= now()
      returning t.job_id, t.project_id, t.attempt, t.lease_token,
        (select status from jobs j where j.id = t.job_id) as job_status`,
    claimRow,
  );
  return claim ?? null;
}

async function loadProducts(ctx: Context, jobId: string): Promise<Product[]> {
  return rowsOf(
    ctx.db,
    sql`
      select id as task_id, attempt, spec #>> '{rendition,name}' as rendition, result
      from tasks where job_id = ${jobId}::uuid and state = 'done' and kind in ('assemble', 'poster')`,
    productRow,
  );
}

function writePlaylists(presentation: Presentation): Map<string, string> {
  const { plan } = presentation;
  const playlists = new Map<string, string>();
  for (const name of [...plan.renditions.map((r) => r.name), ...plan.audio.map((a) => a.track)]) {
    const text = writeMedia(presentation, name);
    if (!text) throw new Error(`Track ${name} has no segments`);
    playlists.set(`${name}/${PLAYLIST_NAME}`, text);
  }
  const multivariant = writeMultivariant(presentation);
  if (!multivariant) throw new Error('A track has no first segment');
  return playlists.set(MULTIVARIANT_NAME, multivariant);
}

function posterKey(claim: PublishClaim, products: Product[]): string | null {
  for (const { task_id, attempt, result } of products) {
    if (result.kind === 'poster') return objectKey(claim.project_id, task_id, attempt, POSTER_NAME);
  }
  return null;
}

function describeRenditions(
  presentation: Presentation,
  claim: PublishClaim,
  products: Product[],
  playlistKey: ((name: string) => string) | null,
): PublishedRendition[] {
  const { plan, tracks } = presentation;
  return plan.renditions.map((rendition, position) => {
    const segments = tracks.get(rendition.name)?.segments ?? [];
    const frames = segments.reduce((sum, segment) => sum + segment.length, 0);
    const mp4 = products.find((product) => product.rendition === rendition.name);
    const file = mp4?.result.kind === 'assemble' ? mp4.result : null;
    return {
      name: rendition.name,
      position,
      width: rendition.width,
      height: rendition.height,
      codec: tracks.get(rendition.name)?.codecs ?? '',
      bitrateKbps: Math.round((measure(presentation, rendition.name).average ?? 0) / 1000),
      durationMicros: mulDivRound(frames, plan.frameRate.den * 1_000_000, plan.frameRate.num),
      sizeBytes: file?.sizeBytes ?? segments.reduce((sum, segment) => sum + segment.sizeBytes, 0),
      outputKey:
        mp4 && file ? objectKey(claim.project_id, mp4.task_id, mp4.attempt, mp4Name(rendition.name)) : null,
      playlistKey: playlistKey ? playlistKey(`${rendition.name}/${PLAYLIST_NAME}`) : null,
    };
  });
}

/** Storage or database that is away costs nothing and is tried again; anything else spends a failure. */
async function handBack(ctx: Context, fence: Fence, error: unknown): Promise<void> {
  warn('publish did not succeed', { taskId: fence.taskId, error: describeError(error) });
  const away = isDatabaseAway(error) || (error instanceof Refusal && error.code === 'storage_unavailable');
  if (away) {
    await releaseTask(ctx, { ...fence, reason: 'not_reachable', delayMs: PUT_OFF_MS });
    return;
  }
  const [message = ''] = describeError(error).split('\n');
  await failTask(ctx, { ...fence, code: 'publish_failed', message, logTail: '' });
}
