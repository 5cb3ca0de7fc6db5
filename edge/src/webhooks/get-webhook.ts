import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import {
  noSuchWebhook,
  type WebhookRecord,
  type WebhookRef,
  webhookColumns,
  webhookRecord,
} from './webhook-record.ts';

/** Refuses with `webhook_not_found`. */
export async function getWebhook(ctx: Context, { projectId, webhookId }: WebhookRef): Promise<WebhookRecord> {
  const [found] = await rowsOf(
    ctx.db,
    sql`select ${webhookColumns} from webhooks where id = ${webhookId}::uuid and project_id = ${projectId}`,
    webhookRecord,
  );
  if (!found) throw noSuchWebhook(webhookId);
  return found;
}
