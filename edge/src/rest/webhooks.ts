import { OpenAPIHono } from '@hono/zod-openapi';
import { attempted } from '../log.ts';
import { createWebhook } from '../webhooks/create-webhook.ts';
import { deleteWebhook } from '../webhooks/delete-webhook.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { getDelivery } from '../webhooks/get-delivery.ts';
import { getWebhook } from '../webhooks/get-webhook.ts';
import { listDeliveries } from '../webhooks/list-deliveries.ts';
import { listWebhooks } from '../webhooks/list-webhooks.ts';
import { replayDelivery } from '../webhooks/replay-delivery.ts';
import { rotateSecret } from '../webhooks/rotate-secret.ts';
import { testWebhook } from '../webhooks/test-webhook.ts';
import { updateWebhook } from '../webhooks/update-webhook.ts';
import { DEFAULT_OVERLAP_SECONDS } from '../webhooks/webhook-input.ts';
import type { RestEnv } from './rest-env.ts';
import { deliveryJson, webhookJson } from './webhook-json.ts';
import * as routes from './webhook-routes.ts';

/** Of answers that hold a secret. */
const NOT_KEPT = { 'Cache-Control': 'no-store' };

export function webhooks(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(routes.postWebhook, async (c) => {
    const { projectId, actor } = c.get('caller');
    const { secret, ...record } = await createWebhook(c.env.context, {
      projectId,
      actor,
      ...c.req.valid('json'),
    });
    return c.json({ ...webhookJson(record), secret }, 201, {
      Location: `/webhooks/${record.id}`,
      ...NOT_KEPT,
    });
  });

  app.openapi(routes.getWebhooks, async (c) => {
    const { limit = routes.DEFAULT_PAGE, cursor = null } = c.req.valid('query');
    const page = await listWebhooks(c.env.context, { projectId: c.get('projectId'), limit, cursor });
    return c.json({ webhooks: page.webhooks.map(webhookJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(routes.getOneWebhook, async (c) => {
    const ref = { projectId: c.get('projectId'), webhookId: c.req.valid('param').id };
    return c.json(webhookJson(await getWebhook(c.env.context, ref)), 200);
  });

  app.openapi(routes.patchWebhook, async (c) => {
    const ctx = c.env.context;
    const { projectId, actor } = c.get('caller');
    const ref = { projectId, webhookId: c.req.valid('param').id };
    const changed = await updateWebhook(ctx, { ...ref, actor, changes: c.req.valid('json') });
    if (changed.status === 'enabled') ctx.waitUntil(attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
    return c.json(webhookJson(changed), 200);
  });

  app.openapi(routes.deleteOneWebhook, async (c) => {
    const ref = { projectId: c.get('projectId'), webhookId: c.req.valid('param').id };
    await deleteWebhook(c.env.context, ref);
    return c.body(null, 204);
  });

  app.openapi(routes.postRotate, async (c) => {
    const { projectId, actor } = c.get('caller');
    const ref = { projectId, webhookId: c.req.valid('param').id };
    const { overlap_seconds: overlapSeconds = DEFAULT_OVERLAP_SECONDS } = c.req.valid('json');
    const { secret, ...record } = await rotateSecret(c.env.context, { ...ref, actor, overlapSeconds });
    return c.json({ ...webhookJson(record), secret }, 200, NOT_KEPT);
  });

  app.openapi(routes.postTest, async (c) => {
    const ctx = c.env.context;
    const ref = { projectId: c.get('projectId'), webhookId: c.req.valid('param').id };
    const delivery = await testWebhook(ctx, ref);
    ctx.waitUntil(attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
    return c.json(deliveryJson(delivery), 202);
  });

  app.openapi(routes.getDeliveries, async (c) => {
    const ref = { projectId: c.get('projectId'), webhookId: c.req.valid('param').id };
    const { state = null, limit = routes.DEFAULT_PAGE, cursor = null } = c.req.valid('query');
    const page = await listDeliveries(c.env.context, { ...ref, state, limit, cursor });
    return c.json({ deliveries: page.deliveries.map(deliveryJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(routes.getOneDelivery, async (c) => {
    const { id, delivery_id } = c.req.valid('param');
    const ref = { projectId: c.get('projectId'), webhookId: id, deliveryId: delivery_id };
    const { body, ...record } = await getDelivery(c.env.context, ref);
    return c.json({ ...deliveryJson(record), body }, 200);
  });

  app.openapi(routes.postReplay, async (c) => {
    const ctx = c.env.context;
    const { id, delivery_id } = c.req.valid('param');
    const ref = { projectId: c.get('projectId'), webhookId: id, deliveryId: delivery_id };
    const delivery = await replayDelivery(ctx, ref);
    ctx.waitUntil(attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
    return c.json(deliveryJson(delivery), 202);
  });

  return app;
}
