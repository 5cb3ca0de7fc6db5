import { sql } from 'drizzle-orm';
import { z } from 'zod';

/** A project and its settings. Times are ISO 8601; null is no limit, or for ever. */
export interface ProjectView {
  id: string;
  name: string;
  createdAt: string;
  quotas: { concurrentTasks: number | null; minutesPerDay: number | null; storedBytes: number | null };
  retention: {
    keepSourcesDays: number | null;
    keepOutputsDays: number | null;
    keepEventsDays: number | null;
    keepLogsDays: number | null;
  };
  legalHold: boolean;
  /** Since when it is being erased. */
  erasingSince: string | null;
}

/** The columns of `projectRow`, of a row `p` of `projects`. */
export const projectColumns = sql`
  p.id, p.name, extract(epoch from p.created_at) * 1000 as created_ms, p.concurrent_tasks, p.minutes_per_day,
  p.stored_bytes, p.keep_sources_days, p.keep_outputs_days, p.keep_events_days, p.keep_logs_days, p.legal_hold,
  extract(epoch from p.erasing_since) * 1000 as erasing_ms`;

const limit = z.coerce.number().nullable();

export const projectRow = z
  .object({
    id: z.string(),
    name: z.string(),
    created_ms: z.coerce.number(),
    concurrent_tasks: limit,
    minutes_per_day: limit,
    stored_bytes: limit,
    keep_sources_days: limit,
    keep_outputs_days: limit,
    keep_events_days: limit,
    keep_logs_days: limit,
    legal_hold: z.boolean(),
    erasing_ms: z.coerce.number().nullable(),
  })
  .transform(
    (row): ProjectView => ({
      id: row.id,
      name: row.name,
      createdAt: new Date(row.created_ms).toISOString(),
      quotas: {
        concurrentTasks: row.concurrent_tasks,
        minutesPerDay: row.minutes_per_day,
        storedBytes: row.stored_bytes,
      },
      retention: {
        keepSourcesDays: row.keep_sources_days,
        keepOutputsDays: row.keep_outputs_days,
        keepEventsDays: row.keep_events_days,
        keepLogsDays: row.keep_logs_days,
      },
      legalHold: row.legal_hold,
      erasingSince: row.erasing_ms === null ? null : new Date(row.erasing_ms).toISOString(),
    }),
  );
