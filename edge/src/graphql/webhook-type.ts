import { WEBHOOK_STATUSES, type WebhookRecord } from '../webhooks/webhook-record.ts';
import { builder } from './builder.ts';

export const webhookStatus = builder.enumType('WebhookStatus', { values: WEBHOOK_STATUSES });

export const webhook = builder.objectRef<WebhookRecord>('Webhook').implement({
  description: 'An endpoint that is told of events.',
  fields: (t) => ({
    id: t.exposeID('id'),
    url: t.exposeString('url'),
    events: t.exposeStringList('events', { description: 'Empty for all.' }),
    description: t.exposeString('description'),
    status: t.expose('status', { type: webhookStatus }),
    disabledReason: t.exposeString('disabled_reason', {
      nullable: true,
      description: '`owner`, or `gone` when its receiver answered 410.',
    }),
    previousSecretUntil: t.expose('previous_secret_until', {
      type: 'DateTime',
      nullable: true,
      description: 'The secret before signs too until then.',
    }),
    createdAt: t.expose('created_at', { type: 'DateTime' }),
  }),
});

export const webhookWithSecret = builder
  .objectRef<WebhookRecord & { secret: string }>('WebhookWithSecret')
  .implement({
    fields: (t) => ({
      webhook: t.field({ type: webhook, resolve: (made) => made }),
      secret: t.exposeString('secret', { description: 'Shown this once. Verifies the signatures.' }),
    }),
  });
