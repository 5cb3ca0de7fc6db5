import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import {
  noSuchWebhook,
  type WebhookRecord,
  type WebhookRef,
  webhookColumns,
  webhookRecord,
} from './webhook-record.ts';
import { newSecret } from './webhook-secret.ts';

const rotated = webhookRecord.extend({ secret: z.string() });

/**
 * Gives a webhook a new secret. The old one signs too until the overlap is over; one before that signs no more. Refuses
 * with `webhook_not_found`.
 */
export async function rotateSecret(
  ctx: Context,
  { projectId, webhookId, actor, overlapSeconds }: WebhookRef & { actor: string; overlapSeconds: number },
): Promise<WebhookRecord & { secret: string }> {
  const [webhook] = await rowsOf(
    ctx.db,
    sql`
      update webhooks set
        secret = ${newSecret(ctx.random.bytes)},
        previous_secret = case when ${overlapSeconds}::int > 0 then secret end,
        previous_secret_until = case when ${overlapSeconds}::int > 0
                                     then now() + ${overlapSeconds}::int * interval '1 second' end,
        actor = ${actor}
      where id = ${webhookId}::uuid and project_id = ${projectId}
      returning ${webhookColumns}, secret`,
    rotated,
  );
  if (!webhook) throw noSuchWebhook(webhookId);
  return webhook;
}
