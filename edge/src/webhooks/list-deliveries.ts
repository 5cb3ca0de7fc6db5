import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import {
  type DeliveryRecord,
  type DeliveryState,
  deliveryColumns,
  deliveryRecord,
} from './delivery-record.ts';
import { getWebhook } from './get-webhook.ts';
import { behind, nextCursor, placeOf } from './list-page.ts';
import type { WebhookRef } from './webhook-record.ts';

export interface ListDeliveries extends WebhookRef {
  /** Null for any. */
  state: DeliveryState | null;
  limit: number;
  /** From the page before. */
  cursor: string | null;
}

/** Deliveries of a webhook, those of the latest events first, one page. Refuses with `webhook_not_found`. */
export async function listDeliveries(
  ctx: Context,
  { projectId, webhookId, state, limit, cursor }: ListDeliveries,
): Promise<{ deliveries: DeliveryRecord[]; nextCursor: string | null }> {
  const list = `deliveries ${webhookId}`;
  const place = placeOf(list, cursor);
  await getWebhook(ctx, { projectId, webhookId });
  const rows = await rowsOf(
    ctx.db,
    sql`
      select ${deliveryColumns} from webhook_deliveries
      where webhook_id = ${webhookId}::uuid ${state ? sql`and state = ${state}` : sql``}
        ${behind(sql`occurred_at`, place)}
      order by occurred_at desc, id desc limit ${limit + 1}`,
    deliveryRecord,
  );
  const deliveries = rows.slice(0, limit);
  const last = rows.length > limit ? deliveries.at(-1) : undefined;
  return { deliveries, nextCursor: nextCursor(list, last && { at: last.occurred_at, id: last.id }) };
}
