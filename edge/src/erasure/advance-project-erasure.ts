import { projectPrefixes } from '@millrace/shared/storage-keys.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { lockProject } from '../projects/lock-project.ts';
import { Refusal } from '../refusal.ts';
import { forgetParts } from '../uploads/forget-parts.ts';
import { type Cause, lastUrlEnds } from './cause.ts';
import { isRead } from './reads-upload.ts';
import { removeJobs } from './remove-jobs.ts';
import { removeUploads } from './remove-uploads.ts';

/** Handled by one step. */
const CANCELED_AT_ONCE = 20;
const JOBS_AT_ONCE = 50;
const UPLOADS_AT_ONCE = 50;
const ROWS_AT_ONCE = 1_000;

const idRow = z.object({ id: z.string() });
const countRow = z.object({ count: z.number() });
const uploadRow = z.object({
  id: z.string(),
  object_key: z.string(),
  status: z.string(),
  multipart_id: z.string().nullable(),
  part_count: z.number().nullable(),
});

/**
 * One step of erasing a project: jobs first, then uploads, then what remains, the project last. Every step may be
 * repeated. False when nothing more can be done now: the project is gone, or a legal hold keeps something.
 */
export async function advanceProjectErasure(ctx: Context, projectId: string): Promise<boolean> {
  const cause = await causeOf(ctx, projectId);
  if (!cause) return false;
  return (
    (await takeJobs(ctx, cause)) ||
    (await takeUploads(ctx, cause)) ||
    (await takeRows(ctx, projectId)) ||
    (await takeProject(ctx, cause))
  );
}

async function causeOf(ctx: Context, projectId: string): Promise<Cause | null> {
  const [receipt] = await rowsOf(
    ctx.db,
    sql`
      select id from erasure_receipts
      where project_id = ${projectId} and subject_id = ${projectId} and kind = 'project'`,
    idRow,
  );
  return receipt ? { projectId, reason: 'request', actor: SYSTEM, receiptId: receipt.id } : null;
}

async function takeJobs(ctx: Context, cause: Cause): Promise<boolean> {
  const { projectId } = cause;
  const running = await rowsOf(
    ctx.db,
    sql`
      select id from jobs
      where project_id = ${projectId} and status in ('queued', 'processing') and not legal_hold
      limit ${CANCELED_AT_ONCE}`,
    idRow,
  );
  await Promise.all(running.map(({ id }) => stop(ctx, { projectId, jobId: id, actor: cause.actor })));
  const ended = sql`
    select id from jobs
    where project_id = ${projectId} and status in ('completed', 'failed', 'canceled') and not legal_hold
    limit ${JOBS_AT_ONCE}`;
  const removed = await removeJobs(ctx, cause, ended, { withSource: true });
  return removed.length > 0;
}

async function stop(ctx: Context, job: { projectId: string; jobId: string; actor: string }): Promise<void> {
  try {
    await cancelJob(ctx, job);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

async function takeUploads(ctx: Context, cause: Cause): Promise<boolean> {
  const found = await rowsOf(
    ctx.db,
    sql`
      select id, object_key, status, multipart_id, part_count from uploads
      where project_id = ${cause.projectId} and not legal_hold limit ${UPLOADS_AT_ONCE}`,
    uploadRow,
  );
  await Promise.all(
    found
      .filter(({ status }) => status === 'pending')
      .map(({ object_key: objectKey, multipart_id: multipartId, part_count: partCount }) =>
        forgetParts(ctx, { objectKey, multipartId, partCount }),
      ),
  );
  const ids = JSON.stringify(found.map(({ id }) => id));
  const chosen = sql`select value::uuid from jsonb_array_elements_text(${ids}::jsonb)`;
  // A job under a legal hold keeps its source and its subtitles.
  const free = sql`not ${isRead(sql`u.object_key`)}`;
  return (await removeUploads(ctx, cause, chosen, free)).length > 0;
}

/** What would make the project's own removal long. */
async function takeRows(ctx: Context, projectId: string): Promise<boolean> {
  const [taken] = await rowsOf(
    ctx.db,
    sql`
      with deliveries as (
        delete from webhook_deliveries where id in (
          select d.id from webhooks w join webhook_deliveries d on d.webhook_id = w.id
          where w.project_id = ${projectId}
            and not exists (select 1 from jobs j where j.id = d.job_id and j.legal_hold)
            and not exists (select 1 from uploads u where u.id = d.upload_id and u.legal_hold)
          limit ${ROWS_AT_ONCE})
        returning 1
      ),
      answers as (
        delete from idempotency_keys where project_id = ${projectId} and key in (
          select key from idempotency_keys where project_id = ${projectId} limit ${ROWS_AT_ONCE})
        returning 1
      )
      select ((select count(*) from deliveries) + (select count(*) from answers))::int as count`,
    countRow,
  );
  return (taken?.count ?? 0) > 0;
}

/**
 * Webhooks, keys, users and usage go with the project's row. What lies below its prefixes is swept once more as a
 * whole, so that nothing depends on rows that named it.
 */
async function takeProject(ctx: Context, { projectId, receiptId }: Cause): Promise<false> {
  const prefixes = JSON.stringify(projectPrefixes(projectId));
  await ctx.db.batch([
    ctx.db.execute(lockProject(projectId)),
    ctx.db.execute(sql`
      with gone as (
        delete from projects p
        where p.id = ${projectId} and p.erasing_since is not null and not p.legal_hold
          and not exists (select 1 from jobs where project_id = p.id)
          and not exists (select 1 from uploads where project_id = p.id)
        returning id
      )
      insert into erasures (project_id, prefix, final_after, receipt_id)
      select gone.id, prefix, ${lastUrlEnds}, ${receiptId}::uuid
      from gone cross join jsonb_array_elements_text(${prefixes}::jsonb) as prefix`),
  ]);
  return false;
}
