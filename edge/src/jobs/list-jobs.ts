import type { JobStatus } from '@millrace/shared/job/job-state.ts';
import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import type { JobRecord } from '../status/job-record.ts';
import { selectJobRecords } from '../status/load-job-records.ts';
import { decodeCursor, encodeCursor } from './job-cursor.ts';
import { type JobView, viewJob } from './view-job.ts';

export interface ListJobs {
  projectId: string;
  status: JobStatus | null;
  limit: number;
  /** From the page before. */
  cursor: string | null;
  origin: string;
}

/** Jobs of a project, newest first, one page in one statement. */
export async function listJobs(
  ctx: Context,
  input: ListJobs,
): Promise<{ jobs: JobView[]; nextCursor: string | null }> {
  // One more than asked for tells whether there is a next page.
  const records = (await selectJobRecords(ctx.db, pageOfIds(input, input.limit + 1))).sort(newestFirst);
  const page = records.slice(0, input.limit);
  const last = page.at(-1);
  return {
    jobs: await Promise.all(page.map((record) => viewJob(ctx, record, input.origin))),
    nextCursor: last && records.length > page.length ? encodeCursor(last) : null,
  };
}

function pageOfIds({ projectId, status, cursor }: ListJobs, count: number) {
  const after = cursor === null ? null : decodeCursor(cursor);
  if (cursor !== null && !after) {
    const message = 'is not a cursor of this list';
    throw new Refusal('invalid_request', `query.cursor: ${message}`, {
      issues: [{ path: 'query.cursor', message }],
    });
  }
  return sql`
    select id from jobs
    where project_id = ${projectId}
      ${status ? sql`and status = ${status}` : sql``}
      ${after ? sql`and (created_at, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)` : sql``}
    order by created_at desc, id desc limit ${count}`;
}

function newestFirst(a: JobRecord, b: JobRecord): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}
