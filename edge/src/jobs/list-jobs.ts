import type { JobStatus } from '@millrace/shared/job/job-state.ts';
import { type SQL, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { decodeCursor, encodeCursor } from '../page-cursor.ts';
import type { JobRecord } from '../status/job-record.ts';
import { selectJobRecords } from '../status/load-job-records.ts';
import { notACursor } from '../text-cursor.ts';
import { type JobView, viewJob } from './view-job.ts';

/** What the jobs of a page have in common; what is absent is not asked. Times in ISO 8601. */
export interface JobFilter {
  status?: JobStatus[] | undefined;
  createdAfter?: string | undefined;
  createdBefore?: string | undefined;
  inputKey?: string | undefined;
  tag?: string | undefined;
  /** A top-level key of the metadata; with a value, that holds it as text, number or boolean. */
  metadata?: { key: string; value?: string | undefined } | undefined;
}

/** A minus is newest first. By `finished_at` only jobs that have ended are listed. */
export const JOB_SORTS = ['-created_at', 'created_at', '-finished_at', 'finished_at'] as const;
export type JobSort = (typeof JOB_SORTS)[number];

export interface ListJobs {
  projectId: string;
  filter: JobFilter;
  sort: JobSort;
  limit: number;
  /** From the page before. */
  cursor: string | null;
  origin: string;
}

/** Jobs of a project, one page in one statement. */
export async function listJobs(
  ctx: Context,
  input: ListJobs,
): Promise<{ jobs: JobView[]; nextCursor: string | null }> {
  // One more than asked for tells whether there is a next page.
  const records = await selectJobRecords(ctx.db, pageOfJobs(input, input.limit + 1));
  const page = records.sort(inOrder(input.sort)).slice(0, input.limit);
  const last = page.at(-1);
  return {
    jobs: await Promise.all(page.map((record) => viewJob(ctx, record, input.origin))),
    nextCursor: last && records.length > page.length ? jobCursor(input, last) : null,
  };
}

/** Opens the list just behind this job. */
export function jobCursor(list: Pick<ListJobs, 'projectId' | 'sort'>, job: JobRecord): string {
  return encodeCursor(nameOf(list), { at: timeOf(list.sort, job), id: job.id });
}

/** The query for the ids of a page. */
export function pageOfJobs(input: ListJobs, count: number): SQL {
  const { projectId, filter, sort, cursor } = input;
  const after = cursor === null ? null : decodeCursor(nameOf(input), cursor);
  if (cursor !== null && !after) throw notACursor();
  const column = sort.endsWith('created_at') ? sql`created_at` : sql`finished_at`;
  const [beyond, direction] = sort.startsWith('-') ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
  const conditions = [
    sql`project_id = ${projectId}`,
    sort.endsWith('finished_at') ? sql`finished_at is not null` : null,
    // True of all that were created since, and where an index by the end can begin.
    sort.endsWith('finished_at') && filter.createdAfter !== undefined
      ? sql`finished_at >= ${filter.createdAfter}::timestamptz`
      : null,
    after && sql`(${column}, id) ${beyond} (${after.at}::timestamptz, ${after.id}::uuid)`,
    ...conditionsOf(filter),
  ].filter((condition) => condition !== null);
  return sql`
    select id from jobs where ${sql.join(conditions, sql` and `)}
    order by ${column} ${direction}, id ${direction} limit ${count}`;
}

function conditionsOf({ status, createdAfter, createdBefore, inputKey, tag, metadata }: JobFilter): SQL[] {
  const conditions: (SQL | undefined)[] = [
    // One status alone can be read from an index in the order of the list.
    status?.length === 1
      ? sql`status = ${status[0]}`
      : status && sql`status = any (${sql.param(status)}::text[])`,
    createdAfter === undefined ? undefined : sql`created_at >= ${createdAfter}::timestamptz`,
    createdBefore === undefined ? undefined : sql`created_at < ${createdBefore}::timestamptz`,
    inputKey === undefined ? undefined : sql`source_key = ${inputKey}`,
    tag === undefined ? undefined : sql`tags @> ${sql.param([tag])}::text[]`,
    metadata && holdsMetadata(metadata),
  ];
  return conditions.filter((condition) => condition !== undefined);
}

function holdsMetadata({ key, value }: NonNullable<JobFilter['metadata']>): SQL {
  if (value === undefined) return sql`metadata ? ${key}`;
  const forms: unknown[] = /^(true|false|-?(0|[1-9]\d{0,14})(\.\d{1,15})?)$/.test(value)
    ? [value, JSON.parse(value)]
    : [value];
  const held = forms.map((form) => sql`metadata @> ${JSON.stringify({ [key]: form })}::jsonb`);
  return sql`(${sql.join(held, sql` or `)})`;
}

function nameOf({ projectId, sort }: Pick<ListJobs, 'projectId' | 'sort'>): string {
  return `jobs ${projectId} ${sort}`;
}

function timeOf(sort: JobSort, job: JobRecord): string {
  return sort.endsWith('created_at') ? job.createdAt : (job.finishedAt ?? job.createdAt);
}

function inOrder(sort: JobSort): (a: JobRecord, b: JobRecord) => number {
  const sign = sort.startsWith('-') ? -1 : 1;
  const place = (job: JobRecord) => `${timeOf(sort, job)} ${job.id}`;
  return (a, b) => (place(a) < place(b) ? -sign : sign);
}
