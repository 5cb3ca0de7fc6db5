import { sql } from 'drizzle-orm';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import type { Cause } from './cause.ts';
import { forgetHistory } from './forget-history.ts';
import { forgetLogs } from './forget-logs.ts';
import { isRead } from './reads-upload.ts';
import { removeFetchedSources } from './remove-fetched-sources.ts';
import { removeJobs } from './remove-jobs.ts';
import { removeUploads } from './remove-uploads.ts';

/** Days that things are kept; null for ever. */
export interface Retention {
  projectId: string;
  sourcesDays: number | null;
  outputsDays: number | null;
  eventsDays: number | null;
  logsDays: number | null;
}

/** Of jobs and sources, in one pass. */
const AT_ONCE = 20;

/** Takes what has been kept for long enough, a bounded number of each. True when there may be more. */
export async function retainProject(ctx: Context, retention: Retention): Promise<boolean> {
  const { projectId, sourcesDays, outputsDays, eventsDays, logsDays } = retention;
  const cause: Cause = { projectId, reason: 'retention', actor: SYSTEM, receiptId: null };
  const full = [
    outputsDays !== null && (await removeOldJobs(ctx, cause, outputsDays)),
    sourcesDays !== null && (await removeOldSources(ctx, cause, sourcesDays)),
    eventsDays !== null && (await forgetHistory(ctx, projectId, eventsDays)),
    logsDays !== null && (await forgetLogs(ctx, projectId, logsDays)),
  ];
  return full.includes(true);
}

/** Sources have a period of their own. */
async function removeOldJobs(ctx: Context, cause: Cause, days: number): Promise<boolean> {
  const old = sql`
    select id from jobs
    where project_id = ${cause.projectId} and finished_at < ${before(days)} and not legal_hold
    order by finished_at limit ${AT_ONCE}`;
  return (await removeJobs(ctx, cause, old, { withSource: false })).length === AT_ONCE;
}

async function removeOldSources(ctx: Context, cause: Cause, days: number): Promise<boolean> {
  const free = sql`not ${isRead(
    sql`u.object_key`,
    sql`(j.finished_at is null or j.finished_at >= ${before(days)} or j.legal_hold)`,
  )}`;
  const old = sql`
    select u.id from uploads u
    where u.project_id = ${cause.projectId} and u.status in ('completed', 'aborted', 'expired')
      and u.created_at < ${before(days)} and coalesce(u.completed_at, u.expires_at) < ${before(days)}
      and not u.legal_hold and ${free}
    limit ${AT_ONCE}`;
  const uploads = await removeUploads(ctx, cause, old, free);
  const fetched = await removeFetchedSources(ctx, cause, before(days), AT_ONCE);
  return uploads.length === AT_ONCE || fetched === AT_ONCE;
}

function before(days: number) {
  return sql`now() - ${days}::int * interval '1 day'`;
}
