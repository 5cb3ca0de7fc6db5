import type { Context } from '../context.ts';
import { type JobRef, readJob } from '../status/read-job.ts';
import { type JobView, viewJob } from './view-job.ts';

/** A job as its owner sees it. `origin`: see `viewJob`. */
export async function getJob(ctx: Context, input: JobRef & { origin: string }): Promise<JobView> {
  return viewJob(ctx, await readJob(ctx, input), input.origin);
}
