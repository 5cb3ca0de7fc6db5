import { objectKey } from '@millrace/shared/storage-keys.ts';
import { analyzeTask } from '@millrace/shared/task/first-task.ts';
import { FETCHED_NAME } from '@millrace/shared/task/outputs.ts';
import type { ResultOf } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type CompletionAnswer, completeTask } from './complete-task.ts';
import { failTask } from './fail-task.ts';
import type { Fence } from './transition.ts';

/**
 * Takes in a source that was fetched: from here on the job goes as one whose source was uploaded. Size and ETag are
 * storage's own words, since every reader will be held to them.
 */
export async function acceptFetched(
  ctx: Context,
  report: Fence & { result: ResultOf<'fetch'>; logTail: string },
): Promise<CompletionAnswer> {
  const projectId = await projectOf(ctx, report.taskId);
  if (projectId === null) return { verdict: 'lease_lost', jobId: null, publishTaskId: null };
  const key = objectKey(projectId, report.taskId, report.attempt, FETCHED_NAME);
  const stored = await ctx.storage.head(key);
  if (stored?.sizeBytes !== report.result.sizeBytes) {
    const message = 'what lies in storage is not what was fetched';
    const failed = await failTask(ctx, { ...report, code: 'verification_failed', message });
    return { ...failed, publishTaskId: null };
  }
  const source = { key, sizeBytes: stored.sizeBytes, etag: stored.etag };
  return completeTask(ctx, {
    ...report,
    ...{ graph: null, segmentsPerTrack: 0 },
    fetched: { source, analyze: { id: ctx.random.uuid(), ...analyzeTask(source) } },
  });
}

async function projectOf(ctx: Context, taskId: string): Promise<string | null> {
  const [found] = await rowsOf(
    ctx.db,
    sql`select project_id from tasks where id = ${taskId}::uuid and kind = 'fetch'`,
    z.object({ project_id: z.string() }),
  );
  return found?.project_id ?? null;
}
