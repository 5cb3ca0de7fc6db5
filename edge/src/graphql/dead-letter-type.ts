import {
  DEAD_LETTER_KINDS,
  type DeadLetter,
  deadLetterFilter as filterSchema,
  redriveInput as selectionSchema,
} from '../operations/dead-letter.ts';
import type { Redriven } from '../operations/redrive-dead-letters.ts';
import { builder } from './builder.ts';
import { operationScope } from './pause-type.ts';
import { inSnakeCase, readInput } from './read-input.ts';

const kind = builder.enumType('DeadLetterKind', {
  description:
    '`task`: failed for good, and its job with it. `delivery`: a webhook did not take an event. `nudge`: the queue has not taken a wake-up call for minutes.',
  values: DEAD_LETTER_KINDS,
});

export const deadLetter = builder.objectRef<DeadLetter>('DeadLetter').implement({
  description: 'What was given up on.',
  fields: (t) => ({
    kind: t.expose('kind', { type: kind, description: 'What it is.' }),
    id: t.exposeID('id', { description: 'Of the task, the delivery, or the nudge.' }),
    projectId: t.exposeID('projectId', { description: 'Whose it is.' }),
    jobId: t.exposeID('jobId', { nullable: true, description: 'The job it belongs to.' }),
    webhookId: t.exposeID('webhookId', { nullable: true, description: 'With `delivery`: the webhook.' }),
    reasonCode: t.exposeString('reasonCode', {
      description: 'A failure code, the error of the last attempt at the delivery, or `not_sent`.',
    }),
    message: t.exposeString('message', { nullable: true, description: 'For people.' }),
    attempts: t.exposeInt('attempts', { description: 'How often it was tried.' }),
    diedAt: t.expose('diedAt', { type: 'DateTime', description: 'When it was given up.' }),
  }),
});

const refused = builder.objectRef<Redriven['refused'][number]>('RefusedDeadLetter').implement({
  description: 'A dead letter that could not be taken up.',
  fields: (t) => ({
    deadLetter: t.expose('letter', { type: deadLetter, description: 'Stays as it is.' }),
    code: t.exposeString('code', { description: 'Why: `source_not_found`, `webhook_disabled`, …' }),
  }),
});

export const redriven = builder.objectRef<Redriven>('RedrivenDeadLetters').implement({
  description: 'What became of dead letters that were to be taken up again.',
  fields: (t) => ({
    redriven: t.expose('redriven', { type: [deadLetter], description: 'Taken up again, as they were.' }),
    refused: t.expose('refused', { type: [refused], description: 'Could not be taken up.' }),
    nextCursor: t.exposeString('nextCursor', {
      nullable: true,
      description: 'Sent as `cursor`, goes on with those behind these; null when none are left.',
    }),
  }),
});

type InputFields = PothosSchemaTypes.InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>;

const filterFields = (t: InputFields) => ({
  scope: t.field({ type: operationScope, description: 'Whose: default `project`.' }),
  kind: t.field({ type: kind, description: 'Only those of this kind.' }),
  reasonCode: t.string({ description: 'Only those that died of this.' }),
  diedAfter: t.field({ type: 'DateTime', description: 'Only those given up then or later.' }),
  diedBefore: t.field({ type: 'DateTime', description: 'Only those given up earlier.' }),
});

export const deadLetterFilter = builder.inputType('DeadLetterFilter', {
  description: 'Which dead letters. What is left out is any.',
  fields: filterFields,
});

export const deadLetterSelection = builder.inputType('DeadLetterSelection', {
  description: 'Which dead letters are to be taken up again, in the order of the list.',
  fields: (t) => ({
    ...filterFields(t),
    ids: t.idList({ description: 'Only these, at most 100. Default: all that the filter lets through.' }),
    limit: t.int({ description: 'At most so many, 1 to 100. Default: as many as `ids` has, or 20.' }),
    cursor: t.string({ description: '`nextCursor` of the answer before.' }),
  }),
});

export function readDeadLetterFilter(filter: typeof deadLetterFilter.$inferInput) {
  return readInput(filterSchema, inSnakeCase(filter), ['filter']);
}

export function readDeadLetterSelection(selection: typeof deadLetterSelection.$inferInput) {
  return readInput(selectionSchema, inSnakeCase(selection), ['input']);
}
