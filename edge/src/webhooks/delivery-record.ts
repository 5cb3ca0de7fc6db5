import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { Refusal } from '../refusal.ts';
import { attempt } from './attempt.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

const at = z.coerce.date().transform((value) => value.toISOString());

export const deliveryRecord = z.object({
  id: z.uuid(),
  event_id: z.string(),
  type: z.string(),
  job_id: z.uuid().nullable(),
  upload_id: z.uuid().nullable(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.array(attempt),
  occurred_at: at,
  /** Null when it ended, and while its webhook is disabled. */
  next_attempt_at: at.nullable(),
  ended_at: at.nullable(),
});

/** One event on its way to one webhook, and what became of it. */
export type DeliveryRecord = z.infer<typeof deliveryRecord>;

/** Of a row of `webhook_deliveries`, as `deliveryRecord` reads them. */
export const deliveryColumns = sql`
  id, event_id, type, job_id, upload_id, state, attempts, occurred_at, ended_at,
  case when state = 'pending' then nullif(due_at, 'infinity') end as next_attempt_at`;

export function noSuchDelivery(deliveryId: string): Refusal {
  return new Refusal('delivery_not_found', `The webhook has no delivery ${deliveryId}.`);
}
