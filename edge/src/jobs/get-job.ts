import type { Context } from '../context.ts';
import { type PlaybackLinks, playbackLinks } from '../playback/playback-links.ts';
import type { JobRecord } from '../status/job-record.ts';
import { readJob } from '../status/read-job.ts';

export type JobView = JobRecord & PlaybackLinks;

/** A job as its owner sees it. `origin` is how the caller reaches this edge: links begin with it. */
export async function getJob(
  ctx: Context,
  input: { projectId: string; jobId: string; origin: string },
): Promise<JobView> {
  const record = await readJob(ctx, input);
  return { ...record, ...(await playbackLinks(ctx, record, input.origin)) };
}
