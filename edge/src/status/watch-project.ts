import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type ListJobs, listJobs } from '../jobs/list-jobs.ts';
import { type JobView, viewJob } from '../jobs/view-job.ts';
import { followChanges } from './follow-changes.ts';
import { type JobRecord, jobRecord } from './job-record.ts';
import { latestValue } from './latest-value.ts';
import { loadProjectEvents, type ProjectEvent } from './load-project-events.ts';
import { toldEvents } from './told-events.ts';

export type ProjectUpdate =
  | { type: 'snapshot'; jobs: JobView[]; at: string }
  | { type: 'progress'; view: JobView }
  | { type: 'event'; event: ProjectEvent };

/** Jobs in a snapshot: the newest that have not ended. */
const SNAPSHOT_JOBS = 100;
const PROGRESS_EVERY_MS = 1_000;
const LOOK_WITHOUT_FEED_MS = 2_000;
/** Of more jobs at once progress is not told: to whoever reads slower than they move. */
const MOVED_JOBS = 500;
const HEARD_JOBS = 10_000;

/**
 * Follows all jobs of a project: those that are under way now, then every event, and progress in between. An event may
 * come twice when the watcher comes again; job and number tell. Ends with the signal.
 *
 * @param request.after Time of the last event the watcher has seen, ISO 8601; null at first.
 */
export async function* watchProject(
  ctx: Context,
  request: { projectId: string; origin: string; signal: AbortSignal; after: string | null },
): AsyncGenerator<ProjectUpdate> {
  const { projectId, origin, after } = request;
  const done = new AbortController();
  const signal = AbortSignal.any([request.signal, done.signal]);
  const bell = latestValue<true>();
  /** Jobs that moved since progress was told. */
  const moved = new Map<string, JobRecord>();
  /** Number of the last event that was looked for, by job. */
  const heard = new Map<string, number>();
  let eventsDue = true;
  try {
    const following = await followChanges(ctx, { projectId }, signal, {
      lookWithoutFeedMs: LOOK_WITHOUT_FEED_MS,
      onRecord(value) {
        const record = jobRecord.safeParse(value);
        if (!record.success || record.data.projectId !== projectId) return;
        const { id, eventNumber } = record.data;
        if (hear(heard, id, eventNumber)) eventsDue = true;
        keepNewest(moved, id, record.data, MOVED_JOBS);
        bell.offer(true);
      },
      onAgain() {
        eventsDue = true;
        bell.offer(true);
      },
    });
    const at = after ?? (await databaseTime(ctx));
    const told = toldEvents(at);
    if (after === null) {
      for await (const event of loadProjectEvents(ctx, { projectId, behind: told.lookBehind() }))
        told.add(event);
    }
    const { jobs } = await listJobs(ctx, { ...UNDER_WAY, projectId, origin });
    for (const job of jobs) hear(heard, job.id, job.eventNumber);
    yield { type: 'snapshot', jobs, at };
    let toldAt = ctx.now();
    while (!signal.aborted) {
      if (eventsDue) {
        eventsDue = false;
        for await (const event of loadProjectEvents(ctx, { projectId, behind: told.lookBehind() })) {
          if (!told.add(event)) continue;
          hear(heard, event.job_id, event.number);
          moved.delete(event.job_id);
          yield { type: 'event', event };
        }
      }
      const restMs = toldAt + PROGRESS_EVERY_MS - ctx.now();
      if (moved.size > 0 && restMs <= 0) {
        const records = [...moved.values()];
        moved.clear();
        for (const record of records) yield { type: 'progress', view: await viewJob(ctx, record, origin) };
        toldAt = ctx.now();
        continue;
      }
      const rang = await bell.take(moved.size > 0 ? restMs : following.lookEveryMs(), signal);
      if (rang || moved.size > 0 || signal.aborted) continue;
      if (await following.isLookDue()) eventsDue = true;
    }
  } finally {
    done.abort();
  }
}

const UNDER_WAY = {
  filter: { status: ['queued', 'processing'] },
  sort: '-created_at',
  limit: SNAPSHOT_JOBS,
  cursor: null,
} as const satisfies Partial<ListJobs>;

async function databaseTime(ctx: Context): Promise<string> {
  const [row] = await rowsOf(ctx.db, sql`select now() as at`, z.object({ at: z.coerce.date() }));
  return (row?.at ?? new Date(ctx.now())).toISOString();
}

/** True when no event of this number was looked for before. */
function hear(heard: Map<string, number>, jobId: string, number: number): boolean {
  const before = heard.get(jobId) ?? 0;
  keepNewest(heard, jobId, Math.max(before, number), HEARD_JOBS);
  return number > before;
}

/** Sets an entry; of more than `most`, the one that was set longest ago goes. */
function keepNewest<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
