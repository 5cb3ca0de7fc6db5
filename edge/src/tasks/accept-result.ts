import { profileObject } from '@millrace/shared/media/profile.ts';
import { WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import type { ResultOf, TaskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { planGraph } from '../jobs/plan-graph.ts';
import { type CompletionAnswer, completeTask } from './complete-task.ts';
import { failTask } from './fail-task.ts';
import { type Fence, milliseconds } from './transition.ts';

/** Takes in what a completed attempt made. Analyze is where the job is planned; a plan that cannot be made fails it. */
export async function acceptResult(
  ctx: Context,
  report: Fence & { result: TaskResult; logTail: string },
): Promise<CompletionAnswer> {
  const { result } = report;
  if (result.kind === 'analyze') return planAndComplete(ctx, { ...report, result });
  return completeTask(ctx, {
    ...report,
    graph: null,
    segmentsPerTrack: 'segments' in result ? result.segments : 0,
  });
}

async function planAndComplete(
  ctx: Context,
  report: Fence & { result: ResultOf<'analyze'>; logTail: string },
): Promise<CompletionAnswer> {
  const { profile, slots } = await planningInput(ctx, report.taskId);
  const outcome = planGraph(report.result.mediaInfo, profile, slots, ctx.random.uuid);
  if ('graph' in outcome) return completeTask(ctx, { ...report, graph: outcome.graph, segmentsPerTrack: 0 });
  const failed = await failTask(ctx, { ...report, code: outcome.code, message: outcome.message });
  return { ...failed, publishTaskId: null };
}

const planningRow = z.object({ profile: profileObject, slots: z.number() });

async function planningInput(ctx: Context, taskId: string): Promise<z.infer<typeof planningRow>> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select j.profile, (
        select coalesce(sum(slots), 0)::int from workers where last_seen_at > now() - ${milliseconds(WORKER_GONE_MS)}
      ) as slots
      from jobs j join tasks t on t.job_id = j.id where t.id = ${taskId}::uuid`,
    planningRow,
  );
  if (!found) throw new Error(`Task ${taskId} has no job`);
  return found;
}
