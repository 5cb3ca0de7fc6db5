import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type DeliveryRecord, deliveryColumns, deliveryRecord, noSuchDelivery } from './delivery-record.ts';
import { refuseDisabled } from './refuse-disabled.ts';
import type { WebhookRef } from './webhook-record.ts';

/**
 * Delivers an event once more, from the beginning of the schedule, whatever became of it. Receivers know it again by its
 * event id. Refuses with `webhook_not_found`, `webhook_disabled` or `delivery_not_found`.
 */
export async function replayDelivery(
  ctx: Context,
  { deliveryId, ...webhook }: WebhookRef & { deliveryId: string },
): Promise<DeliveryRecord> {
  const id = ctx.random.uuid();
  const [replayed] = await rowsOf(
    ctx.db,
    sql`
      insert into webhook_deliveries
        (id, webhook_id, project_id, event_id, type, job_id, upload_id, data, occurred_at)
      select ${id}::uuid, d.webhook_id, d.project_id, d.event_id, d.type, d.job_id, d.upload_id, d.data, d.occurred_at
      from webhook_deliveries d join webhooks w on w.id = d.webhook_id
      where d.id = ${deliveryId}::uuid and d.webhook_id = ${webhook.webhookId}::uuid
        and d.project_id = ${webhook.projectId} and w.status = 'enabled'
      for key share of w
      on conflict (id) do update set id = excluded.id where webhook_deliveries.webhook_id = excluded.webhook_id
      returning ${deliveryColumns}`,
    deliveryRecord,
  );
  if (replayed) return replayed;
  await refuseDisabled(ctx, webhook);
  throw noSuchDelivery(deliveryId);
}
