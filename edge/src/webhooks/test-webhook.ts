import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { type DeliveryRecord, deliveryColumns, deliveryRecord } from './delivery-record.ts';
import { refuseDisabled } from './refuse-disabled.ts';
import { TEST_EVENT } from './webhook-events.ts';
import { noSuchWebhook, type WebhookRef } from './webhook-record.ts';

/** Sends an event that tells of nothing, the way all others go. Refuses with `webhook_not_found` or `webhook_disabled`. */
export async function testWebhook(ctx: Context, webhook: WebhookRef): Promise<DeliveryRecord> {
  const id = ctx.random.uuid();
  const [delivery] = await rowsOf(
    ctx.db,
    sql`
      insert into webhook_deliveries (id, webhook_id, project_id, event_id, type, data)
      select ${id}::uuid, w.id, w.project_id, 'evt_' || ${id}::text, ${TEST_EVENT}, jsonb_build_object('webhook_id', w.id)
      from webhooks w
      where w.id = ${webhook.webhookId}::uuid and w.project_id = ${webhook.projectId} and w.status = 'enabled'
      for key share of w
      on conflict (id) do update set id = excluded.id where webhook_deliveries.webhook_id = excluded.webhook_id
      returning ${deliveryColumns}`,
    deliveryRecord,
  );
  if (delivery) return delivery;
  await refuseDisabled(ctx, webhook);
  throw noSuchWebhook(webhook.webhookId);
}
