import { DISABLED_REASONS, WEBHOOK_STATUSES, type WebhookRecord } from '../webhooks/webhook-record.ts';
import { builder } from './builder.ts';

export const webhookStatus = builder.enumType('WebhookStatus', {
  description:
    'While it is `disabled`, what was under way waits, and is sent once `enabled`. What happens meanwhile is not told.',
  values: WEBHOOK_STATUSES,
});

const disabledReason = builder.enumType('WebhookDisabledReason', {
  description: '`owner`: a request disabled it. `gone`: its receiver answered 410.',
  values: DISABLED_REASONS,
});

export const webhook = builder.objectRef<WebhookRecord>('Webhook').implement({
  description: 'An endpoint that is told of events.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the webhook.' }),
    url: t.exposeString('url', { description: 'Where events are sent.' }),
    events: t.exposeStringList('events', { description: 'What it is told of; empty for everything.' }),
    description: t.exposeString('description', { description: 'Yours.' }),
    status: t.expose('status', { type: webhookStatus, description: 'Whether events are sent.' }),
    disabledReason: t.expose('disabled_reason', {
      type: disabledReason,
      nullable: true,
      description: 'Why none are.',
    }),
    previousSecretUntil: t.expose('previous_secret_until', {
      type: 'DateTime',
      nullable: true,
      description: 'The secret before the last rotation signs too until then.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime', description: 'When it was created.' }),
  }),
});

export const webhookWithSecret = builder
  .objectRef<WebhookRecord & { secret: string }>('WebhookWithSecret')
  .implement({
    description: 'A webhook and its new secret.',
    fields: (t) => ({
      webhook: t.field({ type: webhook, description: 'The webhook.', resolve: (made) => made }),
      secret: t.exposeString('secret', { description: 'Verifies signatures. Shown now and never again.' }),
    }),
  });
