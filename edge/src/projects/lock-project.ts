import { type SQL, sql } from 'drizzle-orm';

/**
 * First statement of every transaction that erases, or that makes something need what erasing takes: one at a time in a
 * project. Two that erase and share a source would each leave it to the other; and nobody lays a legal hold, or takes a
 * job up again, between looking and erasing.
 */
export function lockProject(projectId: string): SQL {
  return sql`select 1 from projects where id = ${projectId} for no key update`;
}
