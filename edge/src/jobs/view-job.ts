import type { Context } from '../context.ts';
import { type PlaybackLinks, playbackLinks } from '../playback/playback-links.ts';
import type { JobRecord } from '../status/job-record.ts';

/** A record with links that play it. */
export type JobView = JobRecord & PlaybackLinks;

/** `origin` is how the caller reaches this edge: links begin with it. */
export async function viewJob(ctx: Context, record: JobRecord, origin: string): Promise<JobView> {
  return { ...record, ...(await playbackLinks(ctx, record, origin)) };
}
