import { type SQL, sql } from 'drizzle-orm';

/**
 * SQL parts that note, in the statement of a change, what webhooks are to be told of it. Each is the text of a CTE named
 * `informed`, without a leading comma. Deliveries are due at once; `deliverWebhooks` sends them.
 */

/**
 * @param told Name of a CTE of job events: job_id uuid, project_id text, number int, type text, data jsonb (the `data` of
 * the payload, complete), at timestamptz.
 */
export function informWebhooks(told: SQL): SQL {
  return sql`
    informed as (
      insert into webhook_deliveries (webhook_id, project_id, event_id, type, job_id, data, occurred_at)
      select w.id, t.project_id, 'evt_' || t.job_id || '_' || t.number, t.type, t.job_id, t.data, t.at
      from ${told} t
      ${subscribers(sql`t.type`)}
    )`;
}

/**
 * The same for `upload.completed`.
 *
 * @param told Name of a CTE of completed uploads: upload_id uuid, project_id text, data jsonb, at timestamptz.
 */
export function informOfUpload(told: SQL): SQL {
  return sql`
    informed as (
      insert into webhook_deliveries (webhook_id, project_id, event_id, type, upload_id, data, occurred_at)
      select w.id, t.project_id, 'evt_' || t.upload_id, 'upload.completed', t.upload_id, t.data, t.at
      from ${told} t
      ${subscribers(sql`'upload.completed'`)}
    )`;
}

/** Locked, so that one which is deleted just now is left out instead of making the change fail. */
function subscribers(type: SQL): SQL {
  return sql`join webhooks w on w.project_id = t.project_id and w.status = 'enabled'
        and (cardinality(w.events) = 0 or ${type} = any (w.events))
      for key share of w`;
}
