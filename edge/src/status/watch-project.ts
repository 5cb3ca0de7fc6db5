import { JOB_EVENTS } from '@millrace/shared/job/job-state.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type ListJobs, listJobs } from '../jobs/list-jobs.ts';
import { type JobView, viewJob } from '../jobs/view-job.ts';
import { type JobRecord, jobRecord } from './job-record.ts';
import { latestValue } from './latest-value.ts';

const isoDate = z.coerce.date().transform((at) => at.toISOString());

const eventRow = z.object({
  job_id: z.string(),
  number: z.int(),
  type: z.enum(JOB_EVENTS),
  data: z.record(z.string(), z.unknown()),
  actor: z.string(),
  at: isoDate,
});

/** An event of any job of a project. */
export type ProjectEvent = z.infer<typeof eventRow>;

export type ProjectUpdate =
  | { type: 'snapshot'; jobs: JobView[]; at: string }
  | { type: 'progress'; view: JobView }
  | { type: 'event'; event: ProjectEvent };

/** Jobs in a snapshot: the newest that have not ended. */
const SNAPSHOT_JOBS = 100;
const PROGRESS_EVERY_MS = 1_000;
const LOOK_AGAIN_MS = 10_000;
const LOOK_WITHOUT_FEED_MS = 2_000;
/** Statements that began earlier may commit that much later: events are looked for again so far back. */
const OVERLAP_MS = 10_000;
const EVENTS_AT_ONCE = 500;
const TOLD_JOBS = 10_000;

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
  const done = new AbortController();
  const signal = AbortSignal.any([request.signal, done.signal]);
  const bell = latestValue<true>();
  /** Jobs that moved since progress was told. */
  const moved = new Map<string, JobRecord>();
  /** Number of the last event told, by job. */
  const told = new Map<string, number>();
  let eventsDue = true;
  let lookEveryMs = LOOK_AGAIN_MS;
  try {
    await ctx.changes.listen({ projectId: request.projectId }, signal, {
      onRecord: (value) => {
        const record = jobRecord.safeParse(value);
        if (!record.success || record.data.projectId !== request.projectId) return;
        if (record.data.eventNumber > (told.get(record.data.id) ?? 0)) eventsDue = true;
        moved.set(record.data.id, record.data);
        bell.offer(true);
      },
      onLost: () => {
        lookEveryMs = LOOK_WITHOUT_FEED_MS;
      },
    });
    const beginning = await recentEvents(ctx, request.projectId, request.after);
    if (request.after === null) note(told, beginning.events);
    const { jobs } = await listJobs(ctx, {
      ...UNDER_WAY,
      projectId: request.projectId,
      origin: request.origin,
    });
    yield { type: 'snapshot', jobs, at: beginning.now };
    let since = request.after ?? beginning.now;
    let toldAt = ctx.now();
    while (!signal.aborted) {
      if (eventsDue) {
        eventsDue = false;
        const { events } = await recentEvents(ctx, request.projectId, since);
        for (const event of events) {
          if (event.number <= (told.get(event.job_id) ?? 0)) continue;
          note(told, [event]);
          moved.delete(event.job_id);
          since = event.at;
          yield { type: 'event', event };
        }
        eventsDue ||= events.length === EVENTS_AT_ONCE && events.at(-1)?.at !== since;
      }
      const waitMs = moved.size === 0 ? lookEveryMs : Math.max(0, toldAt + PROGRESS_EVERY_MS - ctx.now());
      const rang = await bell.take(waitMs, signal);
      if (rang) continue;
      if (moved.size === 0) eventsDue = true;
      toldAt = ctx.now();
      for (const record of moved.values()) {
        yield { type: 'progress', view: await viewJob(ctx, record, request.origin) };
      }
      moved.clear();
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

/** Forgets what was told longest ago: it lies behind the overlap by then. */
function note(told: Map<string, number>, events: ProjectEvent[]): void {
  for (const { job_id, number } of events) {
    told.delete(job_id);
    told.set(job_id, number);
  }
  for (const jobId of told.keys()) {
    if (told.size <= TOLD_JOBS) break;
    told.delete(jobId);
  }
}

async function recentEvents(
  ctx: Context,
  projectId: string,
  since: string | null,
): Promise<{ now: string; events: ProjectEvent[] }> {
  const from = since === null ? sql`now()` : sql`${since}::timestamptz`;
  const rows = await rowsOf(
    ctx.db,
    sql`
      select now() as now, e.job_id, e.number, e.type, e.data, e.actor, e.at
      from (select 1) one left join lateral (
        select * from job_events
        where project_id = ${projectId} and at > ${from} - ${OVERLAP_MS}::int * interval '1 millisecond'
        order by at, job_id, number limit ${EVENTS_AT_ONCE}
      ) e on true`,
    z.union([eventRow.extend({ now: isoDate }), z.object({ now: isoDate, job_id: z.null() })]),
  );
  return {
    now: rows[0]?.now ?? new Date(ctx.now()).toISOString(),
    events: rows.flatMap((event) => (event.job_id === null ? [] : [event])),
  };
}
