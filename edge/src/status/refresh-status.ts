import { isFinal } from '@millrace/shared/job/job-state.ts';
import type { Context } from '../context.ts';
import type { JobRecord } from './job-record.ts';
import { loadJobRecords } from './load-job-records.ts';

/** Heartbeats renew it long before; a Redis that was away cannot lie for longer. */
const UNFINISHED_TTL_SECONDS = 10;

/** Brings the cache up to date after these jobs changed: one statement for all of them. For `waitUntil`. */
export async function refreshStatus(ctx: Context, jobIds: string[]): Promise<void> {
  const records = await loadJobRecords(ctx.db, [...new Set(jobIds)]);
  await Promise.all(records.map((record) => cacheRecord(ctx, record)));
}

export function cacheRecord(ctx: Context, record: JobRecord): Promise<void> {
  const ttlSeconds = isFinal(record.status) ? ctx.config.statusTtlSeconds : UNFINISHED_TTL_SECONDS;
  const { id, projectId, version, workDone } = record;
  return ctx.statusCache.put({ jobId: id, projectId }, record, { version, workDone }, ttlSeconds);
}
