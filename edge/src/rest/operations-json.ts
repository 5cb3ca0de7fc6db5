import { z } from '@hono/zod-openapi';
import { PAUSABLE_CODECS } from '@millrace/shared/task/dispatch-pause.ts';
import { DEAD_LETTER_KINDS, type DeadLetter } from '../operations/dead-letter.ts';
import { OPERATION_SCOPES } from '../operations/pause-input.ts';
import type { PauseRecord } from '../operations/pause-record.ts';
import type { Redriven } from '../operations/redrive-dead-letters.ts';
import { REFUSALS } from '../refusal.ts';

const at = z.iso.datetime();
const nextCursor = z.string().nullable().describe('Opens the next page; null on the last.');

export const pause = z
  .object({
    id: z.uuid().describe('Names the pause.'),
    scope: z.enum(OPERATION_SCOPES).describe('Whether it holds back one project or all.'),
    project_id: z.string().nullable().describe('The project; null for all.'),
    codec: z.enum(PAUSABLE_CODECS).nullable().describe('Only tasks of this codec; null for all tasks.'),
    reason: z.string().describe('Why.'),
    actor: z.string().describe('Who paused it, or changed the pause last.'),
    created_at: at.describe('Since when.'),
    expires_at: at.nullable().describe('When it ends by itself; null when somebody has to end it.'),
  })
  .openapi('DispatchPause');

export const pauseList = z
  .object({ pauses: z.array(pause).describe('One page.'), next_cursor: nextCursor })
  .openapi('DispatchPauseList');

export const deadLetter = z
  .object({
    kind: z
      .enum(DEAD_LETTER_KINDS)
      .describe(
        '`task`: failed for good, and its job with it. `delivery`: a webhook did not take an event. `nudge`: the queue has not taken a wake-up call for minutes.',
      ),
    id: z.uuid().describe('Of the task, the delivery, or the nudge.'),
    project_id: z.string().describe('Whose it is.'),
    job_id: z.uuid().nullable().describe('The job it belongs to.'),
    webhook_id: z.uuid().nullable().describe('With `delivery`: the webhook.'),
    reason_code: z
      .string()
      .describe('A failure code, the error of the last attempt at the delivery, or `not_sent`.'),
    message: z.string().nullable().describe('For people.'),
    attempts: z.int().describe('How often it was tried.'),
    died_at: at.describe('When it was given up.'),
  })
  .openapi('DeadLetter');

export const deadLetterList = z
  .object({ dead_letters: z.array(deadLetter).describe('One page.'), next_cursor: nextCursor })
  .openapi('DeadLetterList');

export const redriven = z
  .object({
    redriven: z.array(deadLetter).describe('Taken up again, as they were.'),
    refused: z
      .array(
        z.object({
          dead_letter: deadLetter,
          code: z
            .enum(Object.keys(REFUSALS))
            .describe('Why, for programs: `source_not_found`, `webhook_disabled`, `job_not_retryable`, …'),
        }),
      )
      .describe('Could not be taken up.'),
    next_cursor: z
      .string()
      .nullable()
      .describe('Sent as `cursor`, goes on with those behind these; null when none are left.'),
  })
  .openapi('RedrivenDeadLetters');

export function pauseJson(record: PauseRecord): z.infer<typeof pause> {
  const { id, scope, codec, reason, actor } = record;
  return {
    ...{ id, scope, project_id: record.projectId, codec, reason, actor },
    ...{ created_at: record.createdAt, expires_at: record.expiresAt },
  };
}

export function deadLetterJson(letter: DeadLetter): z.infer<typeof deadLetter> {
  const { kind, id, message, attempts } = letter;
  return {
    ...{ kind, id, project_id: letter.projectId, job_id: letter.jobId, webhook_id: letter.webhookId },
    ...{ reason_code: letter.reasonCode, message, attempts, died_at: letter.diedAt },
  };
}

export function redrivenJson(done: Redriven): z.infer<typeof redriven> {
  return {
    redriven: done.redriven.map(deadLetterJson),
    refused: done.refused.map(({ letter, code }) => ({ dead_letter: deadLetterJson(letter), code })),
    next_cursor: done.nextCursor,
  };
}
