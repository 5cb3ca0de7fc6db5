import { randomUUID } from 'node:crypto';
import { seedDelivery, seedWebhook } from '../../testing/seed-webhook.ts';
import { storeProject } from '../../testing/store-job.ts';
import { MAX_WEBHOOKS } from '../../webhooks/create-webhook.ts';
import { updateWebhook } from '../../webhooks/update-webhook.ts';
import { UNKNOWN, type World } from '../world.ts';
import { asOperatorOf, type Cases } from './case.ts';

const url = 'https://receiver.example/hook';
const NOT_PUBLIC = 'https://10.0.0.1/hook';
const unknown = () => ({ params: { id: UNKNOWN } });

/** Each in a project of its own: a project may have only so many. */
const webhook = async ({ ctx }: World) => {
  const projectId = await newProject({ ctx });
  const { id } = await seedWebhook(ctx, { projectId, url });
  return { projectId, params: { id }, headers: asOperatorOf(projectId) };
};
const disabledWebhook = async (world: World) => {
  const made = await webhook(world);
  const ref = { projectId: made.projectId, webhookId: made.params.id };
  await updateWebhook(world.ctx, { ...ref, actor: 'operator', changes: { status: 'disabled' } });
  return made;
};
const deliveryOf = async ({ ctx }: World, made: Awaited<ReturnType<typeof webhook>>) => {
  const attempts = [
    { at: new Date(0).toISOString(), status: 503, error: 'status', duration_ms: 12, answer: 'busy' },
  ];
  const more = { projectId: made.projectId, attempts, jobId: UNKNOWN, dueAt: new Date('2100-01-01') };
  const delivery_id = await seedDelivery(ctx, made.params.id, more);
  return { params: { ...made.params, delivery_id }, headers: made.headers };
};
const noDelivery = async (world: World) => {
  const { params, headers } = await webhook(world);
  return { params: { ...params, delivery_id: UNKNOWN }, headers };
};
const unknownDelivery = () => ({ params: { id: UNKNOWN, delivery_id: UNKNOWN } });

export const webhookCases: Cases = {
  createWebhook: {
    201: async (world) => ({
      body: { url, events: ['job.completed'], description: 'For the shop.' },
      headers: asOperatorOf(await newProject(world)),
    }),
    webhook_url_refused: () => ({ body: { url: NOT_PUBLIC } }),
    quota_exceeded: async (world) => {
      const projectId = await newProject(world);
      for (let n = 0; n < MAX_WEBHOOKS; n++) await seedWebhook(world.ctx, { projectId, url });
      return { body: { url }, headers: asOperatorOf(projectId) };
    },
  },
  listWebhooks: {
    200: async (world) => {
      const { projectId, headers } = await webhook(world);
      await seedWebhook(world.ctx, { projectId, url });
      return { query: { limit: '1' }, headers };
    },
  },
  getWebhook: { 200: webhook, webhook_not_found: unknown },
  updateWebhook: {
    200: async (world) => ({ ...(await webhook(world)), body: { status: 'disabled', events: [] } }),
    webhook_not_found: () => ({ ...unknown(), body: {} }),
    webhook_url_refused: async (world) => ({ ...(await webhook(world)), body: { url: NOT_PUBLIC } }),
  },
  deleteWebhook: { 204: webhook, webhook_not_found: unknown },
  rotateWebhookSecret: {
    200: async (world) => ({ ...(await webhook(world)), body: { overlap_seconds: 60 } }),
    webhook_not_found: unknown,
  },
  testWebhook: { 202: webhook, webhook_not_found: unknown, webhook_disabled: disabledWebhook },
  listDeliveries: {
    200: async (world) => {
      const { headers, params, projectId } = await webhook(world);
      for (let n = 0; n < 2; n++) await deliveryOf(world, { headers, params, projectId });
      return { headers, params, query: { limit: '1', state: 'pending' } };
    },
    webhook_not_found: unknown,
  },
  getDelivery: {
    200: async (world) => deliveryOf(world, await webhook(world)),
    webhook_not_found: unknownDelivery,
    delivery_not_found: noDelivery,
  },
  replayDelivery: {
    202: async (world) => deliveryOf(world, await webhook(world)),
    webhook_not_found: unknownDelivery,
    webhook_disabled: async (world) => deliveryOf(world, await disabledWebhook(world)),
    delivery_not_found: noDelivery,
  },
};

function newProject({ ctx }: Pick<World, 'ctx'>): Promise<string> {
  return storeProject(ctx, `p-${randomUUID().slice(0, 8)}`);
}
