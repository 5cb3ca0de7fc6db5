import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { acceptReceiver } from './accept-receiver.ts';
import type { WebhookEvent } from './webhook-events.ts';
import {
  noSuchWebhook,
  type WebhookRecord,
  type WebhookRef,
  type WebhookStatus,
  webhookColumns,
  webhookRecord,
} from './webhook-record.ts';

/** What is absent stays as it is. */
export interface WebhookChanges {
  url?: string | undefined;
  /** Empty for all. */
  events?: WebhookEvent[] | undefined;
  description?: string | undefined;
  status?: WebhookStatus | undefined;
}

/**
 * Changes a webhook. Deliveries that were put aside while it was disabled are due once it is enabled. Refuses with
 * `webhook_not_found` or `webhook_url_refused`.
 *
 * Two statements in one transaction: the webhook is locked by the first, so that the second sees what was put aside
 * while we waited.
 */
export async function updateWebhook(
  ctx: Context,
  { projectId, webhookId, actor, changes }: WebhookRef & { actor: string; changes: WebhookChanges },
): Promise<WebhookRecord> {
  const url = changes.url === undefined ? null : acceptReceiver(ctx, changes.url);
  const events = changes.events === undefined ? null : JSON.stringify(changes.events);
  const status = changes.status ?? null;
  const mine = sql`id = ${webhookId}::uuid and project_id = ${projectId}`;
  const [, { rows }] = await ctx.db.batch([
    ctx.db.execute(sql`select 1 from webhooks where ${mine} for no key update`),
    ctx.db.execute(sql`
      with changed as (
        update webhooks set
          url = coalesce(${url}, url),
          events = case when ${events}::jsonb is null then events
                        else array(select jsonb_array_elements_text(${events}::jsonb)) end,
          description = coalesce(${changes.description ?? null}, description),
          disabled_reason = case when ${status}::text = 'enabled' then null
                                 when ${status}::text = 'disabled' then coalesce(disabled_reason, 'owner')
                                 else disabled_reason end,
          status = coalesce(${status}, status),
          actor = ${actor}
        where ${mine}
        returning *
      ),
      resumed as (
        update webhook_deliveries d set due_at = now() from changed c
        where c.status = 'enabled' and d.webhook_id = c.id and d.state = 'pending' and d.due_at = 'infinity'
      )
      select ${webhookColumns} from changed`),
  ]);
  if (rows.length === 0) throw noSuchWebhook(webhookId);
  return webhookRecord.parse(rows[0]);
}
