import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { type JobRecord, jobRecord } from './job-record.ts';
import { selectJobRecords } from './load-job-records.ts';
import { cacheRecord } from './refresh-status.ts';

export interface JobRef {
  projectId: string;
  jobId: string;
}

/** A job's record: from the cache when it is there, else from Postgres. Refuses with `job_not_found`. */
export async function readJob(ctx: Context, ref: JobRef): Promise<JobRecord> {
  const cached = await readCached(ctx, ref.jobId);
  // What strangers ask for takes the way of what is not there, as long as it takes.
  if (cached?.projectId === ref.projectId) return cached;
  const record = await readStoredJob(ctx, ref);
  ctx.waitUntil(cacheRecord(ctx, record));
  return record;
}

/** A job's record as Postgres has it: for whoever has just changed it. Refuses with `job_not_found`. */
export async function readStoredJob(ctx: Context, ref: JobRef): Promise<JobRecord> {
  const { projectId, jobId } = ref;
  const own = sql`select id from jobs where id = ${jobId}::uuid and project_id = ${projectId}`;
  const [record] = await selectJobRecords(ctx.db, own);
  if (record) return record;
  throw new Refusal('job_not_found', `There is no job ${jobId}.`);
}

async function readCached(ctx: Context, jobId: string): Promise<JobRecord | null> {
  const cached = jobRecord.safeParse(await ctx.statusCache.get(jobId));
  return cached.success ? cached.data : null;
}
