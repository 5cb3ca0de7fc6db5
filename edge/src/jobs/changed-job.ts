import type { Context } from '../context.ts';
import { afterChange } from '../dispatch/after-change.ts';
import { type JobRef, readStoredJob } from '../status/read-job.ts';
import { type JobView, viewJob } from './view-job.ts';

/** A job that was just changed, as it is stored now; what the change entails goes on after the response. */
export async function changedJob(ctx: Context, ref: JobRef, origin: string): Promise<JobView> {
  const record = await readStoredJob(ctx, ref);
  afterChange(ctx, [record]);
  return viewJob(ctx, record, origin);
}
