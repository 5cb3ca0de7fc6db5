import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { hasPause, inForce } from '../operations/paused.ts';

const row = z.object({
  queue_depth: z.int(),
  total_jobs: z.int(),
  completed_jobs: z.int(),
  failed_jobs: z.int(),
  processing_jobs: z.int(),
  dispatch_paused: z.boolean(),
});

/** How a project stands. */
export interface SystemMetrics {
  /** Tasks that could run now and that no worker has yet. */
  queueDepth: number;
  totalJobs: number;
  completedJobs: number;
  failedJobs: number;
  processingJobs: number;
  /** A pause is in force that holds back some of its tasks, or all. */
  dispatchPaused: boolean;
}

export async function systemMetrics(ctx: Context, projectId: string): Promise<SystemMetrics> {
  const [counts] = await rowsOf(
    ctx.db,
    sql`
      select coalesce(sum(jobs), 0)::int as total_jobs,
             coalesce(sum(jobs) filter (where status = 'completed'), 0)::int as completed_jobs,
             coalesce(sum(jobs) filter (where status = 'failed'), 0)::int as failed_jobs,
             coalesce(sum(jobs) filter (where status = 'processing'), 0)::int as processing_jobs,
             (select count(*)::int from tasks t
              where t.project_id = ${projectId} and t.state = 'ready' and t.kind <> 'publish' and t.run_after <= now()
                and not ${hasPause}
             ) as queue_depth,
             exists (
               select 1 from dispatch_pauses p
               where ${inForce} and (p.project_id is null or p.project_id = ${projectId})
             ) as dispatch_paused
      from job_counts where project_id = ${projectId}`,
    row,
  );
  return {
    queueDepth: counts?.queue_depth ?? 0,
    totalJobs: counts?.total_jobs ?? 0,
    completedJobs: counts?.completed_jobs ?? 0,
    failedJobs: counts?.failed_jobs ?? 0,
    processingJobs: counts?.processing_jobs ?? 0,
    dispatchPaused: counts?.dispatch_paused ?? false,
  };
}
