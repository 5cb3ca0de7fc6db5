import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { countFailedDeliveries } from '../metrics/counted-totals.ts';
import type { Attempt } from './attempt.ts';
import type { ClaimedDelivery } from './claim-deliveries.ts';
import { retryDelayMs } from './retry-schedule.ts';

/** What a pass did with a delivery; null when it did not come to it. */
export interface Tried {
  delivery: ClaimedDelivery;
  attempt: Attempt | null;
}

/**
 * Writes down a pass in one statement: what was delivered, what is tried again and when, what has failed (and counts it),
 * and which webhooks want no more. A deliverer that was given up for dead and speaks late cannot undo a success.
 */
export async function recordAttempts(ctx: Context, tried: Tried[]): Promise<void> {
  const results = tried.map((item) => ({
    ...whatNext(ctx, item),
    id: item.delivery.id,
    attempt: item.attempt,
  }));
  const gone = tried
    .filter(({ attempt }) => attempt?.error === 'gone')
    .map(({ delivery: { webhook_id, url } }) => ({ webhook_id, url }));
  await ctx.db.execute(sql`
    with disabled as (
      update webhooks w set status = 'disabled', disabled_reason = 'gone'
      from jsonb_to_recordset(${JSON.stringify(gone)}::jsonb) as g(webhook_id uuid, url text)
      where w.id = g.webhook_id and w.url = g.url and w.status = 'enabled'
    ),
    recorded as (
      update webhook_deliveries d
      set state = r.state,
          attempts = case when r.attempt is null then d.attempts else d.attempts || r.attempt end,
          due_at = now() + r.delay_ms * interval '1 millisecond',
          ended_at = case when r.state = 'pending' then null else now() end
      from jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
        as r(id uuid, state text, delay_ms int, attempt jsonb)
      where d.id = r.id and d.state = 'pending'
      returning r.state, r.attempt ->> 'error' as error
    )
    ${countFailedDeliveries(sql`recorded`)}`);
}

function whatNext(ctx: Context, { delivery, attempt }: Tried): { state: string; delay_ms: number } {
  if (!attempt) return { state: 'pending', delay_ms: 0 };
  if (attempt.error === null) return { state: 'delivered', delay_ms: 0 };
  if (attempt.error === 'gone') return { state: 'failed', delay_ms: 0 };
  const delayMs = retryDelayMs(delivery.attempts + 1, ctx.random.fraction());
  return delayMs === null ? { state: 'failed', delay_ms: 0 } : { state: 'pending', delay_ms: delayMs };
}
