import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { getWebhook } from './get-webhook.ts';
import type { WebhookRef } from './webhook-record.ts';

/** Refuses with `webhook_not_found` or `webhook_disabled`, if one of them is true. */
export async function refuseDisabled(ctx: Context, webhook: WebhookRef): Promise<void> {
  const { status } = await getWebhook(ctx, webhook);
  if (status === 'disabled') {
    throw new Refusal('webhook_disabled', `Enable the webhook ${webhook.webhookId} first.`);
  }
}
