import { isFinal } from '@millrace/shared/job/job-state.ts';
import type { Context } from '../context.ts';
import { type JobEventRecord, loadEvents } from '../jobs/load-events.ts';
import { type JobView, viewJob } from '../jobs/view-job.ts';
import { Refusal } from '../refusal.ts';
import { followChanges } from './follow-changes.ts';
import { type JobRecord, jobRecord } from './job-record.ts';
import { latestValue } from './latest-value.ts';
import { type JobRef, readJob, readStoredJob } from './read-job.ts';

export type JobUpdate =
  | { type: 'snapshot' | 'progress'; view: JobView }
  | { type: 'event'; event: JobEventRecord; view: JobView };

export interface WatchJob extends JobRef {
  /** See `viewJob`. */
  origin: string;
  signal: AbortSignal;
  /** The last event the watcher has seen, when it comes again; null at first. */
  after: number | null;
}

/** Progress is told at most this often; events at once. */
const PROGRESS_EVERY_MS = 1_000;
const LOOK_WITHOUT_FEED_MS = 1_000;
const EVENTS_AT_ONCE = 1_000;

/**
 * Follows a job: how it is now, then each event once and in order, and progress in between. Ends after the event that
 * made the job final, when the job is erased, or with the signal. Refuses with `job_not_found` at first.
 */
export async function* watchJob(ctx: Context, request: WatchJob): AsyncGenerator<JobUpdate> {
  const { projectId, jobId } = request;
  const done = new AbortController();
  const signal = AbortSignal.any([request.signal, done.signal]);
  const news = latestValue<JobRecord | 'look'>();
  try {
    const following = await followChanges(ctx, { jobId }, signal, {
      lookWithoutFeedMs: LOOK_WITHOUT_FEED_MS,
      onRecord(value) {
        const record = jobRecord.safeParse(value);
        if (record.success && record.data.projectId === projectId) news.offer(record.data);
      },
      onAgain: () => news.offer('look'),
    });
    let record = await readStoredJob(ctx, request);
    let seen = request.after ?? record.eventNumber;
    let toldAt = ctx.now();
    let isTold = true;
    const view = () => viewJob(ctx, record, request.origin);
    yield { type: 'snapshot', view: await view() };
    while (!signal.aborted) {
      if (record.eventNumber > seen) {
        for (const event of await loadEvents(ctx, {
          projectId,
          jobIds: [jobId],
          after: seen,
          limit: EVENTS_AT_ONCE,
        })) {
          yield { type: 'event', event, view: await view() };
          seen = event.number;
        }
        [toldAt, isTold] = [ctx.now(), true];
      }
      if (isFinal(record.status)) return;
      const waitMs = isTold ? following.lookEveryMs() : Math.max(0, toldAt + PROGRESS_EVERY_MS - ctx.now());
      const next = await news.take(waitMs, signal);
      if (next && next !== 'look') {
        if (!isNewer(next, record)) continue;
        [record, isTold] = [next, false];
      } else if (!isTold && !next) {
        [toldAt, isTold] = [ctx.now(), true];
        yield { type: 'progress', view: await view() };
      } else if (next || (await following.isLookDue())) {
        const found = await lookAgain(ctx, request);
        if (!found) return;
        if (isNewer(found, record)) [record, isTold] = [found, false];
      }
    }
  } finally {
    done.abort();
  }
}

/** Null when the job is gone. */
async function lookAgain(ctx: Context, ref: JobRef): Promise<JobRecord | null> {
  try {
    return await readJob(ctx, ref);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'job_not_found') return null;
    throw error;
  }
}

function isNewer(a: JobRecord, b: JobRecord): boolean {
  return a.version > b.version || (a.version === b.version && a.workDone > b.workDone);
}
