import { z } from 'zod';
import { plainText } from '../plain-text.ts';
import { WEBHOOK_EVENTS } from './webhook-events.ts';
import { WEBHOOK_STATUSES } from './webhook-record.ts';

export const DEFAULT_OVERLAP_SECONDS = 86_400;
export const MAX_OVERLAP_SECONDS = 7 * 86_400;

const url = z
  .string()
  .min(1)
  .max(2_048)
  .describe('Where to send events: https, and a name or an address of the public internet.');
const events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .max(WEBHOOK_EVENTS.length)
  .describe('What to be told of; empty for everything.');
const description = plainText(0, 500).describe('Anything of yours.');

/** What a client sends to have a webhook made, at every door. */
export const webhookInput = z.strictObject({
  url,
  events: events.default([]),
  description: description.default(''),
});

/** What of a webhook may change. */
export const webhookChanges = z.strictObject({
  url: url.optional(),
  events: events.optional(),
  description: description.optional(),
  status: z
    .enum(WEBHOOK_STATUSES)
    .optional()
    .describe(
      'While disabled, what was under way waits, and is sent once enabled. What happens meanwhile is not told.',
    ),
});

/** How long an old secret signs too. */
export const overlapSeconds = z
  .int()
  .min(0)
  .max(MAX_OVERLAP_SECONDS)
  .default(DEFAULT_OVERLAP_SECONDS)
  .describe('As long the old secret signs too.');
