import { webhookChanges as changesSchema, webhookInput as inputSchema } from '../webhooks/webhook-input.ts';
import { builder } from './builder.ts';
import { inSnakeCase, readInput } from './read-input.ts';
import { webhookStatus } from './webhook-type.ts';

export const webhookInput = builder.inputType('WebhookInput', {
  description: 'An endpoint that is to be told of events.',
  fields: (t) => ({
    url: t.string({
      required: true,
      description: 'Where to send events: https, and a name or an address of the public internet.',
    }),
    events: t.stringList({
      description: 'What to be told of, such as `job.completed`. Default: everything.',
    }),
    description: t.string({ description: 'Anything of yours.' }),
  }),
});

export const webhookChanges = builder.inputType('WebhookChanges', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    url: t.string({ description: 'Where to send events.' }),
    events: t.stringList({ description: 'What to be told of; empty for everything.' }),
    description: t.string({ description: 'Anything of yours.' }),
    status: t.field({ type: webhookStatus, description: 'Whether to send events.' }),
  }),
});

export function readWebhookInput(input: typeof webhookInput.$inferInput) {
  return readInput(inputSchema, inSnakeCase(input), ['input']);
}

export function readWebhookChanges(changes: typeof webhookChanges.$inferInput) {
  return readInput(changesSchema, inSnakeCase(changes), ['changes']);
}
