import type { Context } from '../context.ts';
import { type JobRef, readJob } from '../status/read-job.ts';
import { type JobEventRecord, loadEvents } from './load-events.ts';

/** The history of a job from behind event number `after`, oldest first. Refuses with `job_not_found`. */
export async function listEvents(
  ctx: Context,
  input: JobRef & { after: number; limit: number },
): Promise<{ events: JobEventRecord[]; hasMore: boolean }> {
  await readJob(ctx, input);
  const { projectId, jobId, after, limit } = input;
  const events = await loadEvents(ctx, { projectId, jobIds: [jobId], after, limit: limit + 1 });
  return { events: events.slice(0, limit), hasMore: events.length > limit };
}
