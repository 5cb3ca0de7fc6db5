import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { forgetOldDeliveries } from './forget-deliveries.ts';

/** A pass takes this many, and as many of one webhook. */
const BATCH = 40;
const BATCH_OF_WEBHOOK = 20;
/** Longer than a pass can last: whoever took deliveries and fell silent loses them after this long. */
const CLAIM_SECONDS = 60;

const row = z.object({
  id: z.uuid(),
  webhook_id: z.uuid(),
  /** From 1, within the webhook. */
  turn: z.coerce.number(),
  event_id: z.string(),
  type: z.string(),
  data: z.unknown(),
  occurred_at: z.coerce.date(),
  /** How often it was tried. */
  attempts: z.int(),
  url: z.string(),
  secret: z.string(),
  previous_secret: z.string().nullable(),
  /** Of the job. Asked for only where traces are recorded. */
  traceparent: z.string().nullish(),
});
export type ClaimedDelivery = z.infer<typeof row>;

/**
 * Takes deliveries that are due by moving their due time: other deliverers pass them over, and a crash gives them back.
 * The first of every webhook come first, so that one with a backlog does not hold up the others. Those of disabled
 * webhooks are put aside until they are enabled again: under a lock, without which they might be enabled just before.
 *
 * Deliveries whose time is over go in the same statement, so that an idle pass costs one.
 */
export function claimDeliveries(ctx: Context): Promise<ClaimedDelivery[]> {
  const isTraced = ctx.config.tracing !== null;
  return rowsOf(
    ctx.db,
    sql`
      with recursive waiting as (
        -- One step along the index for each webhook, whatever its backlog.
        (select webhook_id from webhook_deliveries where state = 'pending' order by webhook_id limit 1)
        union all
        select (
          select d.webhook_id from webhook_deliveries d where d.state = 'pending' and d.webhook_id > w.webhook_id
          order by d.webhook_id limit 1
        ) from waiting w where w.webhook_id is not null
      ),
      due as (
        select d.id, d.turn from waiting w cross join lateral (
          select id, due_at, row_number() over (order by due_at, id) as turn from webhook_deliveries
          where state = 'pending' and webhook_id = w.webhook_id and due_at <= now()
          order by due_at, id limit ${BATCH_OF_WEBHOOK}
        ) d order by d.turn, d.due_at limit ${BATCH}
      ),
      taken as (
        select d.id, d.webhook_id from webhook_deliveries d
        where d.id in (select id from due) and d.state = 'pending' and d.due_at <= now()
        for update skip locked
      ),
      disabled as (
        -- Whoever is changing one will find its deliveries as they are.
        select id from webhooks where id in (select webhook_id from taken) and status = 'disabled'
        for share skip locked
      ),
      put_aside as (
        update webhook_deliveries d set due_at = 'infinity' from disabled
        where d.id in (select id from taken) and d.webhook_id = disabled.id
      ),
      claimed as (
        update webhook_deliveries d set due_at = now() + ${CLAIM_SECONDS}::int * interval '1 second'
        from webhooks w
        where d.id in (select id from taken) and w.id = d.webhook_id and w.status = 'enabled'
        returning d.id, d.webhook_id, d.event_id, d.type, d.data, d.occurred_at, jsonb_array_length(d.attempts) as attempts,
                  w.url, w.secret,
                  case when w.previous_secret_until > now() then w.previous_secret end as previous_secret${
                    isTraced ? sql`, (select j.traceparent from jobs j where j.id = d.job_id)` : sql``
                  }
      ),
      ${forgetOldDeliveries}
      select c.id, c.webhook_id, due.turn, c.event_id, c.type, c.data, c.attempts, c.url, c.secret, c.previous_secret,
             c.occurred_at${isTraced ? sql`, c.traceparent` : sql``}
      from claimed c join due using (id)
      order by due.turn, c.id`,
    row,
  );
}
