import { createRoute, z } from '@hono/zod-openapi';
import { DELIVERY_STATES } from '../webhooks/delivery-record.ts';
import { overlapSeconds, webhookChanges, webhookInput } from '../webhooks/webhook-input.ts';
import { needs } from './needs.ts';
import { json, jsonBody, limitBody, pageQuery } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import { delivery, deliveryWithBody, webhook, webhookWithSecret } from './webhook-json.ts';

export const DEFAULT_PAGE = 20;

const params = z.object({ id: z.uuid('must be a UUID').describe('The webhook.') });
const deliveryParams = params.extend({ delivery_id: z.uuid('must be a UUID').describe('The delivery.') });

const nextCursor = z.string().nullable().describe('Opens the next page; null on the last.');

const manage = needs('webhooks:manage');
const manageWithBody = [manage, limitBody(16_384)];
const always = ['invalid_request', 'unauthorized', 'forbidden', 'project_erasing'] as const;
const withBody = [...always, 'body_too_large', 'unsupported_content_type'] as const;

export const postWebhook = createRoute({
  method: 'post',
  path: '/webhooks',
  operationId: 'createWebhook',
  summary: 'Create a webhook',
  middleware: manageWithBody,
  request: {
    body: jsonBody(webhookInput.meta({ id: 'WebhookInput' })),
  },
  responses: {
    201: {
      ...json(webhookWithSecret, 'Told from now on. Keep the secret.'),
      headers: z.object({ Location: z.string().describe('Where to read the webhook.') }),
    },
    ...refusedWith(...withBody, 'webhook_url_refused', 'quota_exceeded'),
  },
});

export const getWebhooks = createRoute({
  method: 'get',
  path: '/webhooks',
  operationId: 'listWebhooks',
  summary: 'List webhooks, newest first',
  middleware: manage,
  request: { query: pageQuery(DEFAULT_PAGE) },
  responses: {
    200: json(
      z
        .object({ webhooks: z.array(webhook).describe('One page.'), next_cursor: nextCursor })
        .openapi('WebhookList'),
      'A page of webhooks.',
    ),
    ...refusedWith(...always),
  },
});

export const getOneWebhook = createRoute({
  method: 'get',
  path: '/webhooks/{id}',
  operationId: 'getWebhook',
  summary: 'Read a webhook',
  middleware: manage,
  request: { params },
  responses: { 200: json(webhook, 'The webhook.'), ...refusedWith(...always, 'webhook_not_found') },
});

export const patchWebhook = createRoute({
  method: 'patch',
  path: '/webhooks/{id}',
  operationId: 'updateWebhook',
  summary: 'Change, enable or disable a webhook',
  middleware: manageWithBody,
  request: {
    params,
    body: jsonBody(webhookChanges.meta({ id: 'WebhookChanges' })),
  },
  responses: {
    200: json(webhook, 'The webhook, changed. What was absent stayed as it was.'),
    ...refusedWith(...withBody, 'webhook_not_found', 'webhook_url_refused'),
  },
});

export const deleteOneWebhook = createRoute({
  method: 'delete',
  path: '/webhooks/{id}',
  operationId: 'deleteWebhook',
  summary: 'Delete a webhook',
  middleware: manage,
  request: { params },
  responses: {
    204: { description: 'The webhook is gone, and its deliveries with it.' },
    ...refusedWith(...always, 'webhook_not_found'),
  },
});

export const postRotate = createRoute({
  method: 'post',
  path: '/webhooks/{id}/rotate',
  operationId: 'rotateWebhookSecret',
  summary: 'Give a webhook a new secret',
  middleware: manageWithBody,
  request: {
    params,
    body: {
      ...jsonBody(z.strictObject({ overlap_seconds: overlapSeconds }).openapi('WebhookRotation')),
      required: false,
    },
  },
  responses: {
    200: json(webhookWithSecret, 'The webhook and its new secret.'),
    ...refusedWith(...withBody, 'webhook_not_found'),
  },
});

export const postTest = createRoute({
  method: 'post',
  path: '/webhooks/{id}/test',
  operationId: 'testWebhook',
  summary: 'Send a test event',
  middleware: manage,
  request: { params },
  responses: {
    202: json(delivery, 'An event of type `webhook.test` is on its way.'),
    ...refusedWith(...always, 'webhook_not_found', 'webhook_disabled'),
  },
});

export const getDeliveries = createRoute({
  method: 'get',
  path: '/webhooks/{id}/deliveries',
  operationId: 'listDeliveries',
  summary: 'List deliveries, those of the latest events first',
  middleware: manage,
  request: {
    params,
    query: pageQuery(DEFAULT_PAGE).extend({
      state: z.enum(DELIVERY_STATES).optional().describe('Only deliveries of this state.'),
    }),
  },
  responses: {
    200: json(
      z
        .object({ deliveries: z.array(delivery).describe('One page.'), next_cursor: nextCursor })
        .openapi('DeliveryList'),
      'A page of deliveries. They are kept for 30 days.',
    ),
    ...refusedWith(...always, 'webhook_not_found'),
  },
});

export const getOneDelivery = createRoute({
  method: 'get',
  path: '/webhooks/{id}/deliveries/{delivery_id}',
  operationId: 'getDelivery',
  summary: 'Read a delivery and what it sends',
  middleware: manage,
  request: { params: deliveryParams },
  responses: {
    200: json(deliveryWithBody, 'The delivery.'),
    ...refusedWith(...always, 'webhook_not_found', 'delivery_not_found'),
  },
});

export const postReplay = createRoute({
  method: 'post',
  path: '/webhooks/{id}/deliveries/{delivery_id}/replay',
  operationId: 'replayDelivery',
  summary: 'Deliver an event once more',
  middleware: manage,
  request: { params: deliveryParams },
  responses: {
    202: json(delivery, 'A new delivery of the same event is on its way.'),
    ...refusedWith(...always, 'webhook_not_found', 'webhook_disabled', 'delivery_not_found'),
  },
});
