import { describeError } from '@millrace/shared/log/describe-error.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { isDatabaseAway, rowsOf } from '../db/database.ts';
import { loadPresentation } from '../playback/load-presentation.ts';
import { Refusal } from '../refusal.ts';
import { refreshStatus } from '../status/refresh-status.ts';
import { failTask } from '../tasks/fail-task.ts';
import { releaseTask } from '../tasks/release-task.ts';
import { startTask } from '../tasks/start-task.ts';
import { type Fence, leaseEnd } from '../tasks/transition.ts';
import { atTrace, traced } from '../tracing/traced.ts';
import { completeJob } from './complete-job.ts';
import { describePublication } from './describe-publication.ts';
import { loadQuality } from './load-quality.ts';
import { markPlayable } from './mark-playable.ts';
import { writeManifests } from './write-manifests.ts';

const claimRow = z.object({
  job_id: z.string(),
  project_id: z.string(),
  attempt: z.number(),
  lease_token: z.string(),
  job_status: z.string(),
  /** Asked for only where traces are recorded. */
  traceparent: z.string().nullish(),
});
type PublishClaim = z.infer<typeof claimRow>;

/** Between two tries while storage or database are away. */
const PUT_OFF_MS = 10_000;

/**
 * Runs a publish task: takes it under a lease, writes the final manifests, and completes the job with everything it
 * published in one statement. Whoever else tries at the same time finds the task taken; a publisher that dies is
 * replaced by the reaper when its lease ends.
 */
export async function publishJob(outer: Context, taskId: string): Promise<void> {
  const beganAt = outer.now();
  const claim = await claimPublish(outer, taskId);
  if (!claim) return;
  const { job_id, project_id, attempt } = claim;
  const trace = outer.trace.isRecording ? outer.trace : outer.tracing.none.below(claim.traceparent);
  const ctx = atTrace(outer, trace, { job_id, project_id, task_id: taskId, attempt });
  const attributes = { 'millrace.job_id': job_id, 'millrace.task_id': taskId, 'millrace.attempt': attempt };
  await traced(ctx, 'publish', { beganAt, attributes }, (within) => publish(within, taskId, claim));
}

async function publish(ctx: Context, taskId: string, claim: PublishClaim): Promise<void> {
  const fence: Fence = { taskId, attempt: claim.attempt, leaseToken: claim.lease_token };
  try {
    // All that is left of a job that was retried.
    if (claim.job_status === 'queued') await startTask(ctx, fence);
    const presentation = await loadPresentation(ctx, claim.job_id, { complete: true });
    if (!presentation) throw new Error('The job has no plan');
    await markPlayable(ctx, [claim.job_id]);
    const manifests = writeManifests(presentation);
    const keyOf = (name: string) => objectKey(claim.project_id, taskId, claim.attempt, name);
    await Promise.all(
      [...manifests].map(([name, { text, contentType }]) =>
        traced(ctx, 'put object', { kind: 'client', attributes: { 'millrace.object': name } }, () =>
          ctx.storage.putOnce(keyOf(name), text, contentType),
        ),
      ),
    );
    const manifestKeys = new Map([...manifests.keys()].map((name) => [name, keyOf(name)]));
    const quality = await loadQuality(ctx, claim.job_id);
    const publication = describePublication({ presentation, manifestKeys, quality });
    await traced(ctx, 'complete job', {}, (within) => completeJob(within, fence, publication));
    ctx.log.info('job published');
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
        (select status from jobs j where j.id = t.job_id) as job_status${
          ctx.config.tracing ? sql`, (select traceparent from jobs j where j.id = t.job_id)` : sql``
        }`,
    claimRow,
  );
  return claim ?? null;
}

/** Storage or database that is away costs nothing and is tried again; anything else spends a failure. */
async function handBack(ctx: Context, fence: Fence, error: unknown): Promise<void> {
  ctx.log.warn('publish did not succeed', { err: error });
  const away = isDatabaseAway(error) || (error instanceof Refusal && error.code === 'storage_unavailable');
  if (away) {
    await releaseTask(ctx, { ...fence, reason: 'not_reachable', delayMs: PUT_OFF_MS });
    return;
  }
  const [message = ''] = describeError(error).message.split('\n');
  await failTask(ctx, { ...fence, code: 'publish_failed', message, logTail: '' });
}
