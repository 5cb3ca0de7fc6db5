import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { cancelJob } from '../jobs/cancel-job.ts';
import { Refusal } from '../refusal.ts';
import { removeJobs } from './remove-jobs.ts';

export interface EraseJob {
  projectId: string;
  jobId: string;
  actor: string;
}

/** A job that is retried just between its cancellation and its removal is stopped again. */
const TRIES = 3;

const row = z.object({ held: z.boolean() });

/**
 * Stops a job if it runs, and removes it: its rows at once, its objects by `eraseObjects`, and once more when no URL
 * that was signed for it can write any more. The source goes too, unless another job reads it. Refuses with
 * `job_not_found` and `legal_hold`.
 */
export async function eraseJob(ctx: Context, job: EraseJob): Promise<{ receiptId: string }> {
  const cause = { projectId: job.projectId, reason: 'request', actor: job.actor, receiptId: null } as const;
  for (let tries = 0; tries < TRIES; tries += 1) {
    await requireErasable(ctx, job);
    await stop(ctx, job);
    const [removed] = await removeJobs(ctx, cause, sql`select ${job.jobId}::uuid`, { withSource: true });
    if (removed) return { receiptId: removed.receiptId };
  }
  throw new Error(`Job ${job.jobId} does not stay stopped`);
}

async function requireErasable(ctx: Context, { projectId, jobId }: EraseJob): Promise<void> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select j.legal_hold or p.legal_hold as held from jobs j join projects p on p.id = j.project_id
      where j.id = ${jobId}::uuid and j.project_id = ${projectId}`,
    row,
  );
  if (!found) throw new Refusal('job_not_found', `There is no job ${jobId}.`);
  if (found.held) throw new Refusal('legal_hold', `A legal hold keeps job ${jobId}.`);
}

/**
 * Ends all leases in a transaction of its own: a heartbeat that is under way locks tasks before it touches the job, and
 * removing locks them the other way round.
 */
async function stop(ctx: Context, job: EraseJob): Promise<void> {
  try {
    await cancelJob(ctx, job);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'job_final')) throw error;
  }
}
