import { z } from 'zod';
import { PROJECT_ID } from '../auth/find-project.ts';
import { plainText } from '../plain-text.ts';
import type { ProjectChanges } from './update-project.ts';

const noLimit = (what: string) => `${what} Null for no limit.`;
const forEver = (what: string) => `${what} Null for ever.`;

export const projectId = z
  .string()
  .regex(PROJECT_ID, 'must be 2 to 39 of a-z, 0-9 and -, not beginning with -');

const name = plainText(0, 100).describe('For people.');

/** Ranges as a client may set them. */
export const quotas = z.object({
  concurrent_tasks: z.int().min(1).max(100_000).nullable().describe(noLimit('Tasks that may run at once.')),
  minutes_per_day: z
    .int()
    .min(0)
    .max(10_000_000)
    .nullable()
    .describe(noLimit('Minutes of source that may be analyzed from midnight to midnight UTC.')),
  stored_bytes: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .nullable()
    .describe(noLimit('Bytes of uploads that may be stored at once.')),
});

const days = z.int().min(1).max(36_500).nullable();

export const retention = z.object({
  keep_sources_days: days.describe(forEver('Days that uploads are kept after their last job ended.')),
  keep_outputs_days: days.describe(forEver('Days that a job and its outputs are kept after its end.')),
  keep_events_days: days.describe(forEver('Days that the history of ended jobs is kept.')),
  keep_logs_days: days.describe(forEver('Days that the log tails of ended jobs are kept.')),
});

/** What the operator sends to have a project made, at every door. */
export const projectInput = z.strictObject({
  id: projectId.describe('Names it for good.'),
  name: name.default('').describe('For people.'),
});

/** What of a project may change. */
export const projectChanges = z.strictObject({
  name: name.optional(),
  quotas: quotas.partial().strict().optional().describe('What the project may use.'),
  retention: retention.partial().strict().optional().describe('How long things are kept by themselves.'),
  legal_hold: z.boolean().optional().describe('Nothing of it may be erased.'),
});

/** The same for the use case. */
export function toProjectChanges(changes: z.infer<typeof projectChanges>): ProjectChanges {
  const { name, quotas, retention, legal_hold } = changes;
  return {
    name,
    quotas: quotas && {
      concurrentTasks: quotas.concurrent_tasks,
      minutesPerDay: quotas.minutes_per_day,
      storedBytes: quotas.stored_bytes,
    },
    retention: retention && {
      keepSourcesDays: retention.keep_sources_days,
      keepOutputsDays: retention.keep_outputs_days,
      keepEventsDays: retention.keep_events_days,
      keepLogsDays: retention.keep_logs_days,
    },
    legalHold: legal_hold,
  };
}
