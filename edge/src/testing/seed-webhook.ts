import type { Context } from '../context.ts';
import { webhookDeliveries } from '../db/schema.ts';
import { type CreateWebhook, createWebhook } from '../webhooks/create-webhook.ts';

export function seedWebhook(ctx: Context, input: Partial<CreateWebhook> & { url: string }) {
  return createWebhook(ctx, { projectId: 'default', actor: 'test', events: [], description: '', ...input });
}

/** A delivery that is due, of an event that nothing else knows. */
export async function seedDelivery(
  ctx: Context,
  webhookId: string,
  row: Partial<typeof webhookDeliveries.$inferInsert> = {},
): Promise<string> {
  const id = ctx.random.uuid();
  await ctx.db.insert(webhookDeliveries).values({
    id,
    webhookId,
    projectId: 'default',
    eventId: `evt_${id}`,
    type: 'job.completed',
    data: { job_id: id, status: 'completed' },
    ...row,
  });
  return id;
}
