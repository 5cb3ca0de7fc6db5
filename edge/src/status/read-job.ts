import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { type JobRecord, jobRecord } from './job-record.ts';
import { loadJobRecords } from './load-job-records.ts';
import { cacheRecord } from './refresh-status.ts';

/** A job's record: from the cache when it is there, else from Postgres. Refuses with `job_not_found`. */
export async function readJob(ctx: Context, input: { projectId: string; jobId: string }): Promise<JobRecord> {
  const record = (await readCached(ctx, input.jobId)) ?? (await readStored(ctx, input.jobId));
  // A stranger's job and no job read the same.
  if (!record || record.projectId !== input.projectId) {
    throw new Refusal('job_not_found', `There is no job ${input.jobId}.`);
  }
  return record;
}

async function readCached(ctx: Context, jobId: string): Promise<JobRecord | null> {
  const cached = jobRecord.safeParse(await ctx.statusCache.get(jobId));
  return cached.success ? cached.data : null;
}

async function readStored(ctx: Context, jobId: string): Promise<JobRecord | null> {
  const [record] = await loadJobRecords(ctx.db, [jobId]);
  if (record) ctx.waitUntil(cacheRecord(ctx, record));
  return record ?? null;
}
