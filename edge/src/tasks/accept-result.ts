import { profileObject } from '@millrace/shared/media/profile.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import { WORKER_GONE_MS } from '@millrace/shared/task/lease-rules.ts';
import { REMUXED_NAMES } from '@millrace/shared/task/outputs.ts';
import type { ResultOf, TaskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { planGraph } from '../jobs/plan-graph.ts';
import { acceptFetched } from './accept-fetched.ts';
import { type CompletionAnswer, completeTask } from './complete-task.ts';
import { failTask } from './fail-task.ts';
import { type Fence, milliseconds } from './transition.ts';

/** Takes in what a completed attempt made. Analyze is where the job is planned; a plan that cannot be made fails it. */
export async function acceptResult(
  ctx: Context,
  report: Fence & { result: TaskResult; logTail: string },
): Promise<CompletionAnswer> {
  const { result } = report;
  if (result.kind === 'fetch') return acceptFetched(ctx, { ...report, result });
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
  const input = await planningInput(ctx, report.taskId);
  if (!input) return { verdict: 'lease_lost', jobId: null, publishTaskId: null };
  const { mediaInfo } = report.result;
  if (!mayBeSource(input, report, mediaInfo.source.key)) {
    const message = `analyze named a source that is not its own: ${mediaInfo.source.key}`;
    const failed = await failTask(ctx, { ...report, code: 'worker_error', message });
    return { ...failed, publishTaskId: null };
  }
  const { profile, slots } = input;
  const outcome = planGraph(mediaInfo, profile, slots, ctx.random.uuid);
  if ('graph' in outcome) return completeTask(ctx, { ...report, graph: outcome.graph, segmentsPerTrack: 0 });
  const failed = await failTask(ctx, { ...report, code: outcome.code, message: outcome.message });
  return { ...failed, publishTaskId: null };
}

/** Only the source of the job, or the copy that this very attempt made of it, may be read by what follows. */
function mayBeSource(input: z.infer<typeof planningRow>, fence: Fence, key: string): boolean {
  const copies = Object.values(REMUXED_NAMES).map((name) =>
    objectKey(input.project_id, fence.taskId, fence.attempt, name),
  );
  return key === input.source_key || copies.includes(key);
}

const planningRow = z.object({
  profile: profileObject,
  slots: z.number(),
  project_id: z.string(),
  source_key: z.string().nullable(),
});

async function planningInput(ctx: Context, taskId: string): Promise<z.infer<typeof planningRow> | null> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select j.profile, j.project_id, j.source_key, (
        select coalesce(sum(slots), 0)::int from workers where last_seen_at > now() - ${milliseconds(WORKER_GONE_MS)}
      ) as slots
      from jobs j join tasks t on t.job_id = j.id where t.id = ${taskId}::uuid`,
    planningRow,
  );
  return found ?? null;
}
