import type { Context } from '../context.ts';
import { type JobRef, readJob } from '../status/read-job.ts';
import { loadTasks, type TaskRecord } from './load-tasks.ts';

/** The tasks of a job, best first. Refuses with `job_not_found`. */
export async function listTasks(ctx: Context, ref: JobRef): Promise<TaskRecord[]> {
  await readJob(ctx, ref);
  return loadTasks(ctx, { projectId: ref.projectId, jobIds: [ref.jobId] });
}
