import { requireScope } from '../auth/caller.ts';
import { attempted } from '../log.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { getDelivery } from '../webhooks/get-delivery.ts';
import { listDeliveries } from '../webhooks/list-deliveries.ts';
import { replayDelivery } from '../webhooks/replay-delivery.ts';
import { testWebhook } from '../webhooks/test-webhook.ts';
import { builder } from './builder.ts';
import { delivery, deliveryState, deliveryWithBody } from './delivery-type.ts';
import { orNull } from './or-null.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';
import { isId, requireId } from './read-input.ts';

builder.queryField('delivery', (t) =>
  t.field({
    type: deliveryWithBody,
    nullable: true,
    description: 'A delivery and what it sends; null when there is none. Needs the scope `webhooks:manage`.',
    args: {
      webhookId: t.arg.id({ required: true, description: 'The webhook.' }),
      id: t.arg.id({ required: true, description: 'The delivery.' }),
    },
    complexity: 5,
    resolve: (_root, { webhookId, id }, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      if (!isId(webhookId) || !isId(id)) return null;
      return orNull(getDelivery(ctx, { projectId: caller.projectId, webhookId, deliveryId: id }));
    },
  }),
);

builder.queryField('deliveries', (t) =>
  t.field({
    type: pageType('DeliveryPage', delivery),
    nullable: true,
    description:
      'Deliveries of a webhook, those of the latest events first, for 30 days; null when there is no such webhook. Needs the scope `webhooks:manage`.',
    args: {
      ...pageArgs(),
      webhookId: t.arg.id({ required: true, description: 'The webhook.' }),
      state: t.arg({ type: deliveryState, description: 'Only deliveries of this state.' }),
    },
    complexity: pageCost,
    resolve: async (_root, { webhookId, state, ...page }, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      const window = readPageArgs(page);
      if (!isId(webhookId)) return null;
      const list = { projectId: caller.projectId, webhookId, state: state ?? null };
      const found = await orNull(listDeliveries(ctx, { ...list, ...window }));
      return found && { nodes: found.deliveries, nextCursor: found.nextCursor };
    },
  }),
);

builder.mutationField('testWebhook', (t) =>
  t.field({
    type: delivery,
    description: 'Sends a webhook an event of type `webhook.test`.',
    args: { id: t.arg.id({ required: true, description: 'The webhook.' }) },
    complexity: 20,
    resolve: async (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      const sent = await testWebhook(ctx, { projectId: caller.projectId, webhookId: requireId(id) });
      ctx.waitUntil(attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
      return sent;
    },
  }),
);

builder.mutationField('replayDelivery', (t) =>
  t.field({
    type: delivery,
    description: 'Delivers an event once more. Gives the new delivery.',
    args: {
      webhookId: t.arg.id({ required: true, description: 'The webhook.' }),
      id: t.arg.id({ required: true, description: 'The delivery.' }),
    },
    complexity: 20,
    resolve: async (_root, { webhookId, id }, { ctx, caller }) => {
      requireScope(caller, 'webhooks:manage');
      const ref = { projectId: caller.projectId, webhookId: requireId(webhookId, 'webhookId') };
      const sent = await replayDelivery(ctx, { ...ref, deliveryId: requireId(id) });
      ctx.waitUntil(attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
      return sent;
    },
  }),
);
