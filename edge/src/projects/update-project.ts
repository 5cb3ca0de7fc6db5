import { sql } from 'drizzle-orm';
import { type Caller, requireOperator } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { readProject, requireAdmin, type UsedProjectView } from './get-project.ts';
import type { ProjectView } from './project-row.ts';

export interface ProjectChanges {
  name?: string | undefined;
  quotas?: Some<ProjectView['quotas']> | undefined;
  retention?: Some<ProjectView['retention']> | undefined;
  legalHold?: boolean | undefined;
}

type Some<T> = { [K in keyof T]?: T[K] | undefined };

/**
 * Changes what is named and leaves the rest. Quotas are the operator's, and so is lifting a legal hold. Refuses with
 * `forbidden` or `project_not_found`.
 */
export async function updateProject(
  ctx: Context,
  input: { caller: Caller; projectId: string; changes: ProjectChanges },
): Promise<UsedProjectView> {
  const { caller, projectId, changes } = input;
  requireAdmin(caller, projectId);
  if (changes.quotas) requireOperator(caller);
  if (changes.legalHold === false && !caller.operator) {
    throw new Refusal('forbidden', 'Only the operator of the installation may lift a legal hold.');
  }
  const columns = Object.entries(columnsOf(changes)).filter(([, value]) => value !== undefined);
  if (columns.length === 0) return readProject(ctx, sql`select * from projects where id = ${projectId}`);
  const assignments = columns.map(([name, value]) => sql`${sql.identifier(name)} = ${value}`);
  return readProject(
    ctx,
    sql`update projects set changed_by = ${caller.actor}, ${sql.join(assignments, sql`, `)} where id = ${projectId} returning *`,
  );
}

function columnsOf({ name, quotas, retention, legalHold }: ProjectChanges) {
  return {
    name,
    concurrent_tasks: quotas?.concurrentTasks,
    minutes_per_day: quotas?.minutesPerDay,
    stored_bytes: quotas?.storedBytes,
    keep_sources_days: retention?.keepSourcesDays,
    keep_outputs_days: retention?.keepOutputsDays,
    keep_events_days: retention?.keepEventsDays,
    keep_logs_days: retention?.keepLogsDays,
    legal_hold: legalHold,
  };
}
