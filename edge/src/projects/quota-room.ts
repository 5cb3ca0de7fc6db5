import { type SQL, sql } from 'drizzle-orm';

/**
 * Query: `project_id` and `room`, how many tasks more may run at once, of those projects of a CTE that have such a
 * quota. Claims in one project take turns from here to the end of their statement, and each counts what the one before
 * has claimed: `running_tasks` (in migrations/) locks the project and looks anew, where a subquery would only see what
 * stood when the statement began. Projects without the quota are not locked and not counted.
 */
export function quotaRoom(from: SQL): SQL {
  return sql`
    select id as project_id, concurrent_tasks - running_tasks(id) as room
    from (
      select id, concurrent_tasks from projects
      where concurrent_tasks is not null and id in (select project_id from ${from})
      -- Everybody locks in the same order.
      order by id offset 0
    ) limited`;
}
