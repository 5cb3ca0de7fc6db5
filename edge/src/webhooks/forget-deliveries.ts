import { sql } from 'drizzle-orm';

const KEEP_DAYS = 30;
const BATCH = 100;

/** CTE `forgotten`: deletes some of the deliveries that ended, or were put aside, and whose event is long ago. */
export const forgetOldDeliveries = sql`
  forgotten as (
    delete from webhook_deliveries where id in (
      select id from webhook_deliveries
      where occurred_at < now() - ${KEEP_DAYS}::int * interval '1 day'
        and (state <> 'pending' or due_at = 'infinity')
      order by occurred_at limit ${BATCH} for update skip locked
    )
  )`;
