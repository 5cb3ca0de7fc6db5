import { requireScope } from '../auth/caller.ts';
import { attempted } from '../log.ts';
import { createWebhook } from '../webhooks/create-webhook.ts';
import { deleteWebhook } from '../webhooks/delete-webhook.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { getWebhook } from '../webhooks/get-webhook.ts';
import { listWebhooks } from '../webhooks/list-webhooks.ts';
import { rotateSecret } from '../webhooks/rotate-secret.ts';
import { updateWebhook } from '../webhooks/update-webhook.ts';
import {
  DEFAULT_OVERLAP_SECONDS,
  MAX_OVERLAP_SECONDS,
  overlapSeconds as overlapSchema,
} from '../webhooks/webhook-input.ts';
import type { WebhookRef } from '../webhooks/webhook-record.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { orNull } from './or-null.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';
import { isId, readInput, requireId } from './read-input.ts';
import { readWebhookChanges, readWebhookInput, webhookChanges, webhookInput } from './webhook-input.ts';
import { webhook, webhookWithSecret } from './webhook-type.ts';

builder.queryField('webhook', (t) =>
  t.field({
    type: webhook,
    nullable: true,
    description: 'A webhook; null when there is none of this id. Needs the scope `webhooks:manage`.',
    args: { id: t.arg.id({ required: true, description: 'The webhook.' }) },
    complexity: 5,
    resolve: (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      return isId(id) ? orNull(getWebhook(ctx, { projectId: caller.projectId, webhookId: id })) : null;
    },
  }),
);

builder.queryField('webhooks', (t) =>
  t.field({
    type: pageType('WebhookPage', webhook),
    description: 'Webhooks, newest first. Needs the scope `webhooks:manage`.',
    args: pageArgs(),
    complexity: pageCost,
    resolve: async (_root, page, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      const found = await listWebhooks(ctx, { projectId: caller.projectId, ...readPageArgs(page) });
      return { nodes: found.webhooks, nextCursor: found.nextCursor };
    },
  }),
);

builder.mutationField('createWebhook', (t) =>
  t.field({
    type: webhookWithSecret,
    description: 'Creates a webhook, which is told from now on.',
    args: { input: t.arg({ type: webhookInput, required: true, description: 'The webhook.' }) },
    complexity: 20,
    resolve: (_root, { input }, { ctx, caller, onSecret }) => {
      requireScope(caller, 'webhooks:manage');
      const { projectId, actor } = caller;
      const read = readWebhookInput(input);
      onSecret();
      return createWebhook(ctx, { projectId, actor, ...read });
    },
  }),
);

builder.mutationField('updateWebhook', (t) =>
  t.field({
    type: webhook,
    description: 'Changes, enables or disables a webhook.',
    args: {
      id: t.arg.id({ required: true, description: 'The webhook.' }),
      changes: t.arg({ type: webhookChanges, required: true, description: 'What is to be changed.' }),
    },
    complexity: 20,
    resolve: async (_root, { id, changes }, context) => {
      const { ctx } = context;
      const ref = managed(context, id);
      const changed = await updateWebhook(ctx, { ...ref, changes: readWebhookChanges(changes) });
      if (changed.status === 'enabled')
        ctx.waitUntil(attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
      return changed;
    },
  }),
);

builder.mutationField('deleteWebhook', (t) =>
  t.id({
    description: 'Deletes a webhook and its deliveries. Gives its id.',
    args: { id: t.arg.id({ required: true, description: 'The webhook.' }) },
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
    description: 'Gives a webhook a new secret.',
    args: {
      id: t.arg.id({ required: true, description: 'The webhook.' }),
      overlapSeconds: t.arg.int({
        defaultValue: DEFAULT_OVERLAP_SECONDS,
        description: `The old secret signs too for so long: 0 to ${MAX_OVERLAP_SECONDS}.`,
      }),
    },
    complexity: 20,
    resolve: (_root, { id, overlapSeconds }, context) => {
      const ref = managed(context, id);
      const overlap = readInput(overlapSchema, overlapSeconds ?? undefined, ['overlapSeconds']);
      context.onSecret();
      return rotateSecret(context.ctx, { ...ref, overlapSeconds: overlap });
    },
  }),
);

function managed({ caller }: GraphqlContext, id: string): WebhookRef & { actor: string } {
  requireScope(caller, 'webhooks:manage');
  return { projectId: caller.projectId, webhookId: requireId(id), actor: caller.actor };
}
