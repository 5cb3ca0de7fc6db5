import { ATTEMPT_ERRORS, type Attempt } from '../webhooks/attempt.ts';
import { DELIVERY_STATES, type DeliveryRecord } from '../webhooks/delivery-record.ts';
import { builder } from './builder.ts';

export const deliveryState = builder.enumType('DeliveryState', {
  description: '`failed` once no attempt is left.',
  values: DELIVERY_STATES,
});

const attemptError = builder.enumType('DeliveryError', {
  description: 'Why an attempt at a delivery failed.',
  values: ATTEMPT_ERRORS,
});

const attempt = builder.objectRef<Attempt>('DeliveryAttempt').implement({
  description: 'One attempt at a delivery.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it began.' }),
    status: t.exposeInt('status', {
      nullable: true,
      description: 'HTTP status of the answer; null without one.',
    }),
    error: t.expose('error', {
      type: attemptError,
      nullable: true,
      description: 'Why it failed; null when it did not.',
    }),
    durationMs: t.exposeInt('duration_ms', { description: 'How long it took, in milliseconds.' }),
    answer: t.exposeString('answer', {
      nullable: true,
      description: 'How the body of an answer that was no success begins.',
    }),
  }),
});

export const delivery = builder.objectRef<DeliveryRecord>('Delivery').implement({
  description: 'One event on its way to one webhook, and what became of it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the delivery.' }),
    eventId: t.exposeString('event_id', {
      description: 'The same for all webhooks, attempts and replays; sent as `webhook-id`.',
    }),
    type: t.exposeString('type', { description: 'What happened: `job.completed`, …' }),
    jobId: t.exposeID('job_id', { nullable: true, description: 'The job it happened to.' }),
    uploadId: t.exposeID('upload_id', { nullable: true, description: 'The upload it happened to.' }),
    state: t.expose('state', { type: deliveryState, description: 'How it stands.' }),
    attempts: t.expose('attempts', { type: [attempt], description: 'Those so far, the first one first.' }),
    occurredAt: t.expose('occurred_at', { type: 'DateTime', description: 'When it happened.' }),
    nextAttemptAt: t.expose('next_attempt_at', {
      type: 'DateTime',
      nullable: true,
      description: 'Null when it ended, and while the webhook is disabled.',
    }),
    endedAt: t.expose('ended_at', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was delivered, or had failed for good.',
    }),
  }),
});

export const deliveryWithBody = builder
  .objectRef<DeliveryRecord & { body: string }>('DeliveryWithBody')
  .implement({
    description: 'A delivery and what it sends.',
    fields: (t) => ({
      delivery: t.field({ type: delivery, description: 'The delivery.', resolve: (found) => found }),
      body: t.exposeString('body', {
        description: 'What is sent, byte for byte: it is what signatures sign.',
      }),
    }),
  });
