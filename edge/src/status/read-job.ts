import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { type JobRecord, jobRecord } from './job-record.ts';
import { loadJobRecords } from './load-job-records.ts';
import { cacheRecord } from './refresh-status.ts';

export interface JobRef {
  projectId: string;
  jobId: string;
}

/** A job's record: from the cache when it is there, else from Postgres. Refuses with `job_not_found`. */
export async function readJob(ctx: Context, ref: JobRef): Promise<JobRecord> {
  const cached = await readCached(ctx, ref.jobId);
  if (cached) return requireOwn(cached, ref);
  const record = await readStoredJob(ctx, ref);
  ctx.waitUntil(cacheRecord(ctx, record));
  return record;
}

/** A job's record as Postgres has it: for whoever has just changed it. Refuses with `job_not_found`. */
export async function readStoredJob(ctx: Context, ref: JobRef): Promise<JobRecord> {
  const [record] = await loadJobRecords(ctx.db, [ref.jobId]);
  return requireOwn(record, ref);
}

async function readCached(ctx: Context, jobId: string): Promise<JobRecord | null> {
  const cached = jobRecord.safeParse(await ctx.statusCache.get(jobId));
  return cached.success ? cached.data : null;
}

/** A stranger's job and no job read the same. */
function requireOwn(record: JobRecord | undefined, { projectId, jobId }: JobRef): JobRecord {
  if (record?.projectId === projectId) return record;
  throw new Refusal('job_not_found', `There is no job ${jobId}.`);
}
