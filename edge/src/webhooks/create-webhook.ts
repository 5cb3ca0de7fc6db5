import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { acceptReceiver } from './accept-receiver.ts';
import type { WebhookEvent } from './webhook-events.ts';
import { type WebhookRecord, webhookColumns, webhookRecord } from './webhook-record.ts';
import { newSecret } from './webhook-secret.ts';

/** Webhooks a project may have: every event is one row for each of them. */
export const MAX_WEBHOOKS = 20;

export interface CreateWebhook {
  projectId: string;
  actor: string;
  url: string;
  /** Empty for all. */
  events: WebhookEvent[];
  description: string;
}

/**
 * Makes an endpoint that is told from now on. The project is locked first, so that the count of its webhooks is no older
 * than the lock. Refuses with `webhook_url_refused` or `quota_exceeded`.
 */
export async function createWebhook(
  ctx: Context,
  input: CreateWebhook,
): Promise<WebhookRecord & { secret: string }> {
  const { projectId } = input;
  const url = acceptReceiver(ctx, input.url);
  const id = ctx.random.uuid();
  const secret = newSecret(ctx.random.bytes);
  const [, inserted] = await ctx.db.batch([
    ctx.db.execute(sql`select 1 from projects where id = ${projectId} for no key update`),
    // A request that is repeated makes the same id and the same secret: it finds what the first one made.
    ctx.db.execute(sql`
      insert into webhooks (id, project_id, url, events, description, secret, actor)
      select ${id}::uuid, ${projectId}, ${url}, array(select jsonb_array_elements_text(${JSON.stringify(input.events)}::jsonb)),
             ${input.description}, ${secret}, ${input.actor}
      where (select count(*) from webhooks where project_id = ${projectId} and id <> ${id}::uuid) < ${MAX_WEBHOOKS}::int
      on conflict (id) do update set id = excluded.id where webhooks.project_id = excluded.project_id
      returning ${webhookColumns}`),
  ]);
  const row = inserted.rows[0];
  if (!row) throw new Refusal('quota_exceeded', `A project may have at most ${MAX_WEBHOOKS} webhooks.`);
  return { ...webhookRecord.parse(row), secret };
}
