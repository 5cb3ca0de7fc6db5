import { z } from 'zod';

const delaySeconds = z.number().int().min(0).max(86_400);
const leaseId = z.string().min(1);

export const pullSchema = z.object({
  batch_size: z.number().int().min(1).max(100).default(5),
  visibility_timeout_ms: z.number().int().min(0).max(43_200_000).default(30_000),
});

export const ackSchema = z.object({
  acks: z.array(z.object({ lease_id: leaseId })).default([]),
  retries: z.array(z.object({ lease_id: leaseId, delay_seconds: delaySeconds.default(0) })).default([]),
});

export const peekSchema = z.object({ batch_size: z.number().int().min(1).max(100).default(5) });

export const purgeMessagesSchema = z.object({ refs: z.array(z.object({ ref: z.string().min(1) })) });

export const purgeQueueSchema = z.object({ delete_messages_permanently: z.literal(true) });

/** `bytes` cannot be sent in JSON, so it is none of the types here. */
export const sendSchema = z.discriminatedUnion('content_type', [
  z.object({
    content_type: z.literal('text'),
    body: z.string(),
    delay_seconds: delaySeconds.optional(),
  }),
  z.object({
    content_type: z.literal('json').default('json'),
    body: z.json(),
    delay_seconds: delaySeconds.optional(),
  }),
]);

export const sendBatchSchema = z.object({
  messages: z.array(sendSchema).min(1),
  delay_seconds: delaySeconds.optional(),
});
