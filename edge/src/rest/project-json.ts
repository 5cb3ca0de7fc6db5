import { z } from '@hono/zod-openapi';
import type { UsedProjectView } from '../projects/get-project.ts';
import { quotas, retention } from '../projects/project-input.ts';
import type { ProjectView } from '../projects/project-row.ts';

const settings = {
  id: z.string().describe('Chosen when it was made.'),
  name: z.string().describe('For people.'),
  created_at: z.iso.datetime().describe('When it was made.'),
  quotas: quotas.describe('What the project may use.').meta({ id: 'ProjectQuotas' }),
  retention: retention.describe('How long things are kept by themselves.').meta({ id: 'ProjectRetention' }),
  legal_hold: z.boolean().describe('Nothing of it may be erased.'),
  erasing_since: z.iso.datetime().nullable().describe('Since when it is being erased; null when it is not.'),
};

export const project = z.object(settings).openapi('Project');
export const usedProject = z
  .object({
    ...settings,
    usage: z
      .object({
        minutes_today: z.number().describe('Minutes of source analyzed since midnight UTC.'),
        jobs_today: z.int().describe('Jobs analyzed since midnight UTC.'),
        stored_bytes: z.int().describe('Bytes of uploads, those under way included.'),
        running_tasks: z.int().describe('Tasks running now.'),
      })
      .describe('What the project uses.'),
  })
  .openapi('ProjectWithUsage');

export function projectJson(view: ProjectView): z.infer<typeof project> {
  return {
    id: view.id,
    name: view.name,
    created_at: view.createdAt,
    quotas: {
      concurrent_tasks: view.quotas.concurrentTasks,
      minutes_per_day: view.quotas.minutesPerDay,
      stored_bytes: view.quotas.storedBytes,
    },
    retention: {
      keep_sources_days: view.retention.keepSourcesDays,
      keep_outputs_days: view.retention.keepOutputsDays,
      keep_events_days: view.retention.keepEventsDays,
      keep_logs_days: view.retention.keepLogsDays,
    },
    legal_hold: view.legalHold,
    erasing_since: view.erasingSince,
  };
}

export function usedProjectJson(view: UsedProjectView): z.infer<typeof usedProject> {
  return {
    ...projectJson(view),
    usage: {
      minutes_today: view.usage.minutesToday,
      jobs_today: view.usage.jobsToday,
      stored_bytes: view.usage.storedBytes,
      running_tasks: view.usage.runningTasks,
    },
  };
}
