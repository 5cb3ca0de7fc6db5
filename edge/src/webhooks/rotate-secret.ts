import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import {
  noSuchWebhook,
  type WebhookRecord,
  type WebhookRef,
  webhookColumns,
  webhookRecord,
} from './webhook-record.ts';
import { newSecret } from './webhook-secret.ts';

/**
 * Gives a webhook a new secret. The old one signs too until the overlap is over; one before that signs no more. Refuses
 * with `webhook_not_found`.
 *
 * A request that is repeated makes the same secret, and changes nothing where it stands already, or stood before the
 * present one.
 */
export async function rotateSecret(
  ctx: Context,
  { projectId, webhookId, actor, overlapSeconds }: WebhookRef & { actor: string; overlapSeconds: number },
): Promise<WebhookRecord & { secret: string }> {
  const secret = newSecret(ctx.random.bytes);
  const mine = sql`id = ${webhookId}::uuid and project_id = ${projectId}`;
  const [, { rows }] = await ctx.db.batch([
    ctx.db.execute(sql`
      update webhooks
      set secret = ${secret}, previous_secret = secret, actor = ${actor},
          previous_secret_until = case when ${overlapSeconds}::int > 0
                                       then now() + ${overlapSeconds}::int * interval '1 second' end
      where ${mine} and secret <> ${secret} and previous_secret is distinct from ${secret}`),
    ctx.db.execute(sql`select ${webhookColumns} from webhooks where ${mine}`),
  ]);
  if (rows.length === 0) throw noSuchWebhook(webhookId);
  return { ...webhookRecord.parse(rows[0]), secret };
}
