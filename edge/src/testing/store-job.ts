import { objectKey, taskPrefix, uploadKey } from '@millrace/shared/storage-keys.ts';
import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { jobEvents, type jobs, projects, uploads, webhookDeliveries, webhooks } from '../db/schema.ts';
import { eraseObjects } from '../erasure/erase-objects.ts';
import { seedJob, seedTask } from './seed-job.ts';

/** A job that has left something everywhere: in storage, in Redis, in its task's log and in a webhook's delivery. */
export interface StoredJob {
  projectId: string;
  jobId: string;
  taskId: string;
  uploadId: string;
  sourceKey: string;
  /** Of its task. */
  prefix: string;
  outputKey: string;
}

export interface StoreJob {
  projectId?: string;
  /** The upload it reads; without it one of its own. */
  source?: Pick<StoredJob, 'uploadId' | 'sourceKey'>;
  /** Its upload, task and events are as old. Null while it runs. */
  endedDaysAgo?: number | null;
  row?: Partial<typeof jobs.$inferInsert>;
}

export async function storeJob(ctx: Context, options: StoreJob = {}): Promise<StoredJob> {
  const { projectId = 'default', endedDaysAgo = 0, row = {} } = options;
  const at = daysAgo(endedDaysAgo ?? 0);
  const { uploadId, sourceKey } = options.source ?? (await storeUpload(ctx, { projectId, at }));
  const jobId = await seedJob(ctx, {
    projectId,
    sourceKey,
    ...(endedDaysAgo === null ? { status: 'processing' } : { status: 'completed', finishedAt: at }),
    ...row,
  });
  const taskId = await seedTask(ctx, jobId, {
    projectId,
    state: endedDaysAgo === null ? 'ready' : 'done',
    attempt: 1,
    attempts: [{ attempt: 1, outcome: 'completed' }],
    logTail: 'what ffmpeg said',
    finishedAt: endedDaysAgo === null ? null : at,
  });
  const outputKey = objectKey(projectId, taskId, 1, '720p.mp4');
  await ctx.storage.putOnce(outputKey, 'a film', 'video/mp4');
  await ctx.db
    .insert(jobEvents)
    .values({ jobId, projectId, number: 1, version: 1, type: 'job.created', data: {}, at });
  await ctx.db.insert(webhookDeliveries).values({
    ...{ webhookId: await anyWebhook(ctx, projectId), projectId, eventId: `evt_${jobId}_1`, jobId },
    ...{ type: 'job.created', data: { job_id: jobId }, state: 'delivered', occurredAt: at, endedAt: at },
  });
  await ctx.statusCache.put({ jobId, projectId }, { id: jobId }, { version: 1, workDone: 0 }, 600);
  return { projectId, jobId, taskId, uploadId, sourceKey, outputKey, prefix: taskPrefix(projectId, taskId) };
}

/** A completed upload with its object. */
export async function storeUpload(
  ctx: Context,
  {
    projectId = 'default',
    at = new Date(),
    filename = 'clip.mp4',
    ...row
  }: Partial<typeof uploads.$inferInsert> & { at?: Date } = {},
): Promise<{ uploadId: string; sourceKey: string }> {
  const uploadId = ctx.random.uuid();
  const sourceKey = uploadKey(projectId, uploadId, filename);
  await ctx.storage.putOnce(sourceKey, 'a source', 'video/mp4');
  await ctx.db.insert(uploads).values({
    ...{ id: uploadId, projectId, objectKey: sourceKey, filename, contentType: 'video/mp4' },
    ...{ sizeBytes: 8, status: 'completed', createdAt: at, expiresAt: at, completedAt: at },
    ...row,
  });
  return { uploadId, sourceKey };
}

export async function storeProject(
  ctx: Context,
  id: string,
  row: Partial<typeof projects.$inferInsert> = {},
): Promise<string> {
  await ctx.db.insert(projects).values({ id, ...row });
  return id;
}

/** Sweeps until nothing is due; `urlsExpired` lets the last signed URL of everything have expired. */
export async function sweepAll(ctx: Context, { urlsExpired }: { urlsExpired: boolean }): Promise<void> {
  if (urlsExpired) await ctx.db.execute(sql`update erasures set final_after = now()`);
  for (let pass = 0; pass < 5; pass += 1) {
    await ctx.db.execute(
      sql`update erasures set run_after = now() where not emptied or final_after <= now()`,
    );
    await eraseObjects(ctx);
  }
}

export function daysAgo(days: number): Date {
  return new Date(Date.now() - days * 86_400_000);
}

async function anyWebhook(ctx: Context, projectId: string): Promise<string> {
  const id = ctx.random.uuid();
  const url = 'https://receiver.test/';
  await ctx.db.insert(webhooks).values({ id, projectId, url, events: [], secret: 'whsec_x', actor: 'test' });
  return id;
}
