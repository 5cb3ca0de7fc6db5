import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { type Caller, requireScope } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { type ProjectView, projectColumns, projectRow } from './project-row.ts';
import { storedBytes, today } from './quota.ts';

/** What a project uses: today in UTC, or now. */
export interface ProjectUsage {
  /** Of sources that were analyzed today. */
  minutesToday: number;
  jobsToday: number;
  storedBytes: number;
  runningTasks: number;
}

export type UsedProjectView = ProjectView & { usage: ProjectUsage };

/** A project, to its administrators and the operator. Refuses with `forbidden` or `project_not_found`. */
export async function getProject(
  ctx: Context,
  input: { caller: Caller; projectId: string },
): Promise<UsedProjectView> {
  requireAdmin(input.caller, input.projectId);
  return readProject(ctx, sql`select * from projects where id = ${input.projectId}`);
}

/** Administrators know their own project; to them there is no other. */
export function requireAdmin(caller: Caller, projectId: string): void {
  requireScope(caller, 'admin');
  if (!caller.operator && caller.projectId !== projectId) throw notFound();
}

/** The one project that a statement yields, with its usage. */
export async function readProject(ctx: Context, from: SQL): Promise<UsedProjectView> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      with p as (${from})
      select ${projectColumns}, coalesce(u.source_micros, 0) as source_micros, coalesce(u.jobs, 0) as jobs_today,
             ${storedBytes(sql`p.id`)} as used_bytes,
             (select count(*) from tasks t where t.project_id = p.id and t.state = 'running' and t.kind <> 'publish')
               as running_tasks
      from p left join project_usage u on u.project_id = p.id and u.day = ${today}`,
    projectRow.and(usageRow),
  );
  if (!found) throw notFound();
  return found;
}

const usageRow = z
  .object({
    source_micros: z.coerce.number(),
    jobs_today: z.coerce.number(),
    used_bytes: z.coerce.number(),
    running_tasks: z.coerce.number(),
  })
  .transform((row) => ({
    usage: {
      minutesToday: row.source_micros / 60e6,
      jobsToday: row.jobs_today,
      storedBytes: row.used_bytes,
      runningTasks: row.running_tasks,
    },
  }));

function notFound(): Refusal {
  return new Refusal('project_not_found', 'There is no such project.');
}
