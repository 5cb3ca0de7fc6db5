import { sql } from 'drizzle-orm';

const BATCH = 100;
/** What stays in spite of its age is looked at again after so long. */
const AGAIN_AFTER_HOURS = 24;

/**
 * CTEs `overdue`, `forgotten` and `spared`: deletes some of the deliveries that are a month old, but for those that are
 * still to be sent or that a legal hold keeps.
 */
export const forgetOldDeliveries = sql`
  overdue as (
    select d.id, (d.state <> 'pending' or d.due_at = 'infinity')
      and not exists (select 1 from projects p where p.id = d.project_id and p.legal_hold)
      and not exists (select 1 from jobs j where j.id = d.job_id and j.legal_hold)
      and not exists (select 1 from uploads u where u.id = d.upload_id and u.legal_hold) as may_go
    from webhook_deliveries d where d.forget_after < now()
    order by d.forget_after limit ${BATCH} for update of d skip locked
  ),
  forgotten as (delete from webhook_deliveries where id in (select id from overdue where may_go)),
  spared as (
    update webhook_deliveries set forget_after = now() + ${AGAIN_AFTER_HOURS}::int * interval '1 hour'
    where id in (select id from overdue where not may_go)
  )`;
