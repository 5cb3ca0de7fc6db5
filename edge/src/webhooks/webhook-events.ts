import { JOB_EVENTS } from '@millrace/shared/job/job-state.ts';

/** What a webhook may ask to be told of. */
export const WEBHOOK_EVENTS = [...JOB_EVENTS, 'upload.completed'] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Sent on request only, whatever the webhook asked for. */
export const TEST_EVENT = 'webhook.test';
