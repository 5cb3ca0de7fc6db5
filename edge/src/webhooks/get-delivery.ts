import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type DeliveryRecord, deliveryColumns, deliveryRecord, noSuchDelivery } from './delivery-record.ts';
import { getWebhook } from './get-webhook.ts';
import { webhookBody } from './webhook-body.ts';
import type { WebhookRef } from './webhook-record.ts';

const withData = deliveryRecord.extend({ data: z.unknown() });

/** A delivery with the body that is sent. Refuses with `webhook_not_found` or `delivery_not_found`. */
export async function getDelivery(
  ctx: Context,
  { deliveryId, ...webhook }: WebhookRef & { deliveryId: string },
): Promise<DeliveryRecord & { body: string }> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select ${deliveryColumns}, data from webhook_deliveries
      where id = ${deliveryId}::uuid and webhook_id = ${webhook.webhookId}::uuid
        and project_id = ${webhook.projectId}`,
    withData,
  );
  if (!found) {
    await getWebhook(ctx, webhook);
    throw noSuchDelivery(deliveryId);
  }
  const { data, ...record } = found;
  return {
    ...record,
    body: webhookBody({ type: record.type, occurredAt: new Date(record.occurred_at), data }),
  };
}
