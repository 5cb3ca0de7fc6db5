import type { JobEventType } from '@millrace/shared/job/job-state.ts';
import { type SQL, sql } from 'drizzle-orm';
import { informWebhooks } from '../webhooks/inform-webhooks.ts';

/*
 * Events are written by the statement that makes them true: into the job's history, and for every webhook that asked.
 * The statement raises `jobs.event_number` with the change, so that a job's events are numbered without gaps.
 */

/**
 * CTEs `news`, `told` and `informed`, from a query that yields the columns of `happened`.
 *
 * @param actor Who made it happen.
 */
export function tell(events: SQL, actor: string): SQL {
  return sql`
    news as (
      select e.id as job_id, e.project_id, e.number, e.type, now() as at, e.version, e.data as detail,
             jsonb_build_object('job_id', e.id, 'number', e.number, 'status', e.status, 'metadata', e.metadata,
                                'tags', to_jsonb(e.tags)) || e.data as data
      from (${events}) e
    ),
    told as (
      insert into job_events (job_id, project_id, number, version, type, data, actor, at)
      select job_id, project_id, number, version, type, detail, ${actor}::text, at from news
    ),
    ${informWebhooks(sql`news`)}`;
}

/** One event for each row of a CTE of changed job rows. `data` is an expression over the row `j`. */
export function happened(changed: SQL, type: JobEventType, data: SQL = sql`'{}'::jsonb`): SQL {
  return sql`
    select j.id, j.project_id, j.event_number as number, j.version, j.status, j.metadata, j.tags,
           ${type}::text as type, ${data} as data
    from ${changed} j`;
}
