import { z } from '@hono/zod-openapi';
import { attempt } from '../webhooks/attempt.ts';
import { DELIVERY_STATES, type DeliveryRecord } from '../webhooks/delivery-record.ts';
import { WEBHOOK_EVENTS } from '../webhooks/webhook-events.ts';
import { DISABLED_REASONS, WEBHOOK_STATUSES, type WebhookRecord } from '../webhooks/webhook-record.ts';

const at = z.iso.datetime();

export const webhook = z
  .object({
    id: z.uuid().describe('Names the webhook.'),
    url: z.string().describe('Where events are sent.'),
    events: z.array(z.enum(WEBHOOK_EVENTS)).describe('What it is told of; empty for everything.'),
    description: z.string().describe('Yours.'),
    status: z.enum(WEBHOOK_STATUSES).describe('Whether events are sent.'),
    disabled_reason: z
      .enum(DISABLED_REASONS)
      .nullable()
      .describe('`owner`: a request disabled it. `gone`: its receiver answered 410.'),
    previous_secret_until: at
      .nullable()
      .describe('The secret before the last rotation signs too until then.'),
    created_at: at.describe('When it was created.'),
  })
  .openapi('Webhook');

export const webhookWithSecret = webhook
  .extend({ secret: z.string().describe('Verifies signatures. Shown now and never again.') })
  .openapi('WebhookWithSecret');

export const delivery = z
  .object({
    id: z.uuid().describe('Names the delivery.'),
    event_id: z.string().describe('The same for all webhooks, attempts and replays; sent as `webhook-id`.'),
    type: z.string().describe('What happened.'),
    job_id: z.uuid().nullable().describe('The job it happened to.'),
    upload_id: z.uuid().nullable().describe('The upload it happened to.'),
    state: z.enum(DELIVERY_STATES).describe('`failed` once no attempt is left.'),
    attempts: z.array(attempt).describe('Those so far, the first one first.'),
    occurred_at: at.describe('When it happened.'),
    next_attempt_at: at.nullable().describe('Null when it ended, and while the webhook is disabled.'),
    ended_at: at.nullable().describe('When it was delivered, or had failed for good.'),
  })
  .openapi('Delivery');

export const deliveryWithBody = delivery
  .extend({ body: z.string().describe('What is sent, byte for byte: it is what signatures sign.') })
  .openapi('DeliveryWithBody');

export function webhookJson(record: WebhookRecord): z.infer<typeof webhook> {
  const { id, url, events, description, status, disabled_reason, previous_secret_until, created_at } = record;
  return { id, url, events, description, status, disabled_reason, previous_secret_until, created_at };
}

export function deliveryJson(record: DeliveryRecord): z.infer<typeof delivery> {
  const { id, event_id, type, job_id, upload_id, state, attempts } = record;
  const { occurred_at, next_attempt_at, ended_at } = record;
  return {
    ...{ id, event_id, type, job_id, upload_id, state, attempts },
    ...{ occurred_at, next_attempt_at, ended_at },
  };
}
