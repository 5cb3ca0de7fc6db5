import { z } from 'zod';

const delaySeconds = z.number().int().min(0).max(86_400);
const leaseId = z.string().min(1);
const batchSize = z.number().int().min(1).max(100).default(5);

export const pullSchema = z.object({
  batch_size: batchSize,
  visibility_timeout_ms: z.number().int().min(0).max(43_200_000).default(30_000),
});

export const ackSchema = z.object({
  acks: z.array(z.object({ lease_id: leaseId })).default([]),
  retries: z.array(z.object({ lease_id: leaseId, delay_seconds: delaySeconds.default(0) })).default([]),
});

export const peekSchema = z.object({ batch_size: batchSize });

export const purgeMessagesSchema = z.object({ refs: z.array(z.object({ ref: z.string().min(1) })) });

export const purgeQueueSchema = z.object({ delete_messages_permanently: z.literal(true) });

/** Over HTTP there are two types: bytes do not fit into JSON. */
export const sendSchema = z
  .object({
    content_type: z.enum(['text', 'json']).default('json'),
    body: z.json(),
    delay_seconds: delaySeconds.optional(),
  })
  .refine(({ content_type, body }) => content_type !== 'text' || typeof body === 'string', {
    path: ['content_type'],
    error: 'the body of a text message is a string',
  });

export const sendBatchSchema = z.object({
  messages: z.array(sendSchema).min(1).max(100),
  delay_seconds: delaySeconds.default(0),
});
