import { z } from 'zod';
import { moment } from '../moment.ts';
import { OPERATION_SCOPES } from './pause-input.ts';

/**
 * What was given up on.
 *
 * `task`: one failed for good, and its job with it. `delivery`: a webhook did not take an event. `nudge`: the queue has
 * not taken a wake-up call for minutes; its task is found without it, only later.
 */
export const DEAD_LETTER_KINDS = ['task', 'delivery', 'nudge'] as const;
export type DeadLetterKind = (typeof DEAD_LETTER_KINDS)[number];

export interface DeadLetter {
  kind: DeadLetterKind;
  /** Of the task, the delivery, or the nudge. */
  id: string;
  projectId: string;
  jobId: string | null;
  /** With `delivery`. */
  webhookId: string | null;
  /** A failure code, the error of a delivery's last attempt, or `not_sent`. */
  reasonCode: string;
  message: string | null;
  /** How often it was tried. */
  attempts: number;
  /** When it was given up. */
  diedAt: string;
}

const reasonCode = z
  .string()
  .regex(/^[a-z0-9_]{1,64}$/, 'must be a code')
  .describe('Only those that died of this: a failure code, an error of a delivery, or `not_sent`.');

/** Which dead letters are meant, at every door. What is left out is any. */
export const deadLetterFilter = z.strictObject({
  scope: z
    .enum(OPERATION_SCOPES)
    .optional()
    .describe('`project`, the default: those of this project. `installation`: of all, for the operator.'),
  kind: z.enum(DEAD_LETTER_KINDS).optional().describe('Only those of this kind.'),
  reason_code: reasonCode.optional(),
  died_after: moment().optional().describe('Only those given up then or later.'),
  died_before: moment().optional().describe('Only those given up earlier.'),
});

export const MAX_REDRIVEN = 100;

/** What a client sends to have dead letters driven again, at every door. */
export const redriveInput = deadLetterFilter.extend({
  ids: z
    .array(z.uuid('must be a UUID'))
    .min(1)
    .max(MAX_REDRIVEN)
    .optional()
    .describe('Only these. Default: all that the filter lets through.'),
  limit: z
    .int()
    .min(1)
    .max(MAX_REDRIVEN)
    .optional()
    .describe('At most so many of them. Default: as many as `ids` has, or 20.'),
  cursor: z.string().max(1_024).optional().describe('`next_cursor` of the answer before.'),
});

/** How many are driven again where nobody says it: all that are named. */
export function redriveLimit({ ids, limit }: Pick<z.infer<typeof redriveInput>, 'ids' | 'limit'>): number {
  return limit ?? ids?.length ?? 20;
}

export type DeadLetterFilter = z.infer<typeof deadLetterFilter>;
