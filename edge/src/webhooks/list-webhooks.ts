import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { behind, nextCursor, placeOf } from './list-page.ts';
import { type WebhookRecord, webhookColumns, webhookRecord } from './webhook-record.ts';

export interface ListWebhooks {
  projectId: string;
  limit: number;
  /** From the page before. */
  cursor: string | null;
}

/** Webhooks of a project, newest first, one page. */
export async function listWebhooks(
  ctx: Context,
  { projectId, limit, cursor }: ListWebhooks,
): Promise<{ webhooks: WebhookRecord[]; nextCursor: string | null }> {
  const list = `webhooks ${projectId}`;
  const rows = await rowsOf(
    ctx.db,
    sql`
      select ${webhookColumns} from webhooks
      where project_id = ${projectId} ${behind(sql`created_at`, placeOf(list, cursor))}
      order by created_at desc, id desc limit ${limit + 1}`,
    webhookRecord,
  );
  const webhooks = rows.slice(0, limit);
  const last = rows.length > limit ? webhooks.at(-1) : undefined;
  return { webhooks, nextCursor: nextCursor(list, last && { at: last.created_at, id: last.id }) };
}
