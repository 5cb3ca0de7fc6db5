import { JOB_EVENTS } from '@millrace/shared/job/job-state.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

const eventRow = z.object({
  job_id: z.string(),
  number: z.int(),
  type: z.enum(JOB_EVENTS),
  data: z.record(z.string(), z.unknown()),
  actor: z.string(),
  at: z.coerce.date().transform((at) => at.toISOString()),
});

/** An event of any job of a project. */
export type ProjectEvent = z.infer<typeof eventRow>;

/** Where an event stands among those of its project. */
export type EventPlace = Pick<ProjectEvent, 'at' | 'job_id' | 'number'>;

const EVENTS_AT_ONCE = 500;

/** The events of a project behind a place, in order, as many statements as that takes. */
export async function* loadProjectEvents(
  ctx: Context,
  request: { projectId: string; behind: EventPlace },
): AsyncGenerator<ProjectEvent> {
  let { behind } = request;
  for (;;) {
    const page = await rowsOf(
      ctx.db,
      sql`
        select job_id, number, type, data, actor, at from job_events
        where project_id = ${request.projectId}
          and (at, job_id, number) > (${behind.at}::timestamptz, ${behind.job_id}::uuid, ${behind.number}::int)
        order by at, job_id, number limit ${EVENTS_AT_ONCE}`,
      eventRow,
    );
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < EVENTS_AT_ONCE) return;
    behind = last;
  }
}
