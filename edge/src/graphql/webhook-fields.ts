import { z } from 'zod';
import { requireScope } from '../auth/caller.ts';
import { plainText } from '../plain-text.ts';
import { createWebhook } from '../webhooks/create-webhook.ts';
import { deleteWebhook } from '../webhooks/delete-webhook.ts';
import { listWebhooks } from '../webhooks/list-webhooks.ts';
import { rotateSecret } from '../webhooks/rotate-secret.ts';
import { updateWebhook } from '../webhooks/update-webhook.ts';
import { WEBHOOK_EVENTS } from '../webhooks/webhook-events.ts';
import { WEBHOOK_STATUSES, type WebhookRef } from '../webhooks/webhook-record.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { readInput, requireId } from './read-input.ts';
import { webhook, webhookStatus, webhookWithSecret } from './webhook-type.ts';

const PAGE = 100;
const DAY_SECONDS = 86_400;

const events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .refine((list) => new Set(list).size === list.length, 'must be distinct');
const newWebhook = z.object({
  url: z.string().max(2_048),
  events: events.default([]),
  description: plainText(0, 256).default(''),
});
const changes = z.object({
  url: z.string().max(2_048).optional(),
  events: events.optional(),
  description: plainText(0, 256).optional(),
  status: z.enum(WEBHOOK_STATUSES).optional(),
});
const overlap = z
  .int()
  .min(0)
  .max(7 * DAY_SECONDS);

const webhookInput = builder.inputType('WebhookInput', {
  fields: (t) => ({
    url: t.string({ required: true }),
    events: t.stringList({ description: 'Event types; empty or left out for all.' }),
    description: t.string(),
  }),
});

const webhookChanges = builder.inputType('WebhookChanges', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    url: t.string(),
    events: t.stringList(),
    description: t.string(),
    status: t.field({ type: webhookStatus }),
  }),
});

builder.queryField('webhooks', (t) =>
  t.field({
    type: [webhook],
    description: 'Needs the scope `webhooks:manage`.',
    complexity: { field: 10, multiplier: 20 },
    resolve: async (_root, _args, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      return (await listWebhooks(ctx, { projectId: caller.projectId, limit: PAGE, cursor: null })).webhooks;
    },
  }),
);

builder.mutationField('createWebhook', (t) =>
  t.field({
    type: webhookWithSecret,
    args: { input: t.arg({ type: webhookInput, required: true }) },
    complexity: 20,
    resolve: (_root, { input }, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      const { projectId, actor } = caller;
      return createWebhook(ctx, { projectId, actor, ...readInput(newWebhook, present(input), ['input']) });
    },
  }),
);

builder.mutationField('updateWebhook', (t) =>
  t.field({
    type: webhook,
    args: { id: t.arg.id({ required: true }), changes: t.arg({ type: webhookChanges, required: true }) },
    complexity: 20,
    resolve: (_root, args, context) =>
      updateWebhook(context.ctx, {
        ...managed(context, args.id),
        changes: readInput(changes, present(args.changes), ['changes']),
      }),
  }),
);

builder.mutationField('deleteWebhook', (t) =>
  t.id({
    description: 'Returns the id of what is gone.',
    args: { id: t.arg.id({ required: true }) },
    complexity: 20,
    resolve: async (_root, { id }, context) => {
      await deleteWebhook(context.ctx, managed(context, id));
      return id;
    },
  }),
);

builder.mutationField('rotateWebhookSecret', (t) =>
  t.field({
    type: webhookWithSecret,
    args: {
      id: t.arg.id({ required: true }),
      overlapSeconds: t.arg.int({
        defaultValue: DAY_SECONDS,
        description: 'The old secret signs too for so long: 0 to 604800.',
      }),
    },
    complexity: 20,
    resolve: (_root, { id, overlapSeconds }, context) =>
      rotateSecret(context.ctx, {
        ...managed(context, id),
        overlapSeconds: readInput(overlap, overlapSeconds ?? DAY_SECONDS, ['overlapSeconds']),
      }),
  }),
);

function managed({ caller }: GraphqlContext, id: string): WebhookRef & { actor: string } {
  requireScope(caller, 'webhooks:manage');
  return { projectId: caller.projectId, webhookId: requireId(id), actor: caller.actor };
}

/** Null reads as left out. */
function present(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  );
}
