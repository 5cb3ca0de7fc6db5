import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { familyOf } from './edge-metrics.ts';
import type { Family } from './prometheus-text.ts';

/** Each is three series for as long as it is among those with the most. */
const MOST_PROJECTS = 50;

export const projectCostRow = z.object({
  project: z.string(),
  cpu_seconds: z.number(),
  bytes_read: z.number(),
  bytes_stored: z.number(),
});

/** The rows as `projectFamilies` wants them. */
export const projectCostRows = sql`
  select project_id as project, cpu_micros / 1e6 as cpu_seconds, bytes_read::float8 as bytes_read,
         bytes_stored::float8 as bytes_stored
  from project_costs order by cpu_micros desc, project_id desc limit ${MOST_PROJECTS}`;

export function projectFamilies(rows: z.infer<typeof projectCostRow>[]): Family[] {
  return [
    familyOf(
      'project_cpu_seconds_total',
      rows.map(({ project, cpu_seconds }) => ({ labels: { project }, value: cpu_seconds })),
    ),
    familyOf(
      'project_bytes_total',
      rows.flatMap(({ project, bytes_read, bytes_stored }) => [
        { labels: { project, direction: 'read' }, value: bytes_read },
        { labels: { project, direction: 'stored' }, value: bytes_stored },
      ]),
    ),
  ];
}
