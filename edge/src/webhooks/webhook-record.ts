import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';

export const WEBHOOK_STATUSES = ['enabled', 'disabled'] as const;
export type WebhookStatus = (typeof WEBHOOK_STATUSES)[number];

/** Why a webhook is disabled: its owner wanted it, or its receiver answered that it is gone. */
export const DISABLED_REASONS = ['owner', 'gone'] as const;

const at = z.coerce.date().transform((value) => value.toISOString());

export const webhookRecord = z.object({
  id: z.uuid(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  description: z.string(),
  status: z.enum(WEBHOOK_STATUSES),
  disabled_reason: z.enum(DISABLED_REASONS).nullable(),
  /** Null when no earlier secret signs. */
  previous_secret_until: at.nullable(),
  created_at: at,
});

/** A webhook as its owner sees it: without its secret, which is shown once. */
export type WebhookRecord = z.infer<typeof webhookRecord>;

/** Names a webhook, and whose it must be. */
export interface WebhookRef {
  projectId: string;
  webhookId: string;
}

/** Of a row of `webhooks`, as `webhookRecord` reads them. */
export const webhookColumns = sql`
  id, url, to_jsonb(events) as events, description, status, disabled_reason, created_at,
  case when previous_secret_until > now() then previous_secret_until end as previous_secret_until`;

export function noSuchWebhook(webhookId: string): Refusal {
  return new Refusal('webhook_not_found', `There is no webhook ${webhookId}.`);
}
