import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { noSuchWebhook, type WebhookRef } from './webhook-record.ts';

/** Its deliveries go with it. Refuses with `webhook_not_found`. */
export async function deleteWebhook(ctx: Context, { projectId, webhookId }: WebhookRef): Promise<void> {
  const deleted = await rowsOf(
    ctx.db,
    sql`delete from webhooks where id = ${webhookId}::uuid and project_id = ${projectId} returning id`,
    z.object({ id: z.uuid() }),
  );
  if (deleted.length === 0) throw noSuchWebhook(webhookId);
}
