import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { warn } from '../log.ts';

const BATCH = 20;
/** Whoever took a row and fell silent loses it after this long. */
const RETRY_AFTER_SECONDS = 300;

const row = z.object({
  id: z.uuid(),
  object_key: z.string(),
  multipart_id: z.string().nullable(),
  size_bytes: z.coerce.number(),
});
type Overdue = z.infer<typeof row>;

/**
 * Ends uploads whose time is over. Parts that were never joined are thrown away; an object that arrived in one PUT and
 * that nobody confirmed stays, since a job may name it any time.
 */
export async function expireUploads(ctx: Context): Promise<void> {
  const overdue = await takeOverdue(ctx);
  const endings = (await Promise.all(overdue.map((upload) => endUpload(ctx, upload)))).filter(
    (e) => e !== null,
  );
  if (endings.length === 0) return;
  await ctx.db.execute(sql`
    update uploads u
    set status = e.status, completed_at = case when e.status = 'completed' then now() end
    from jsonb_to_recordset(${JSON.stringify(endings)}::jsonb) as e(id uuid, status text)
    where u.id = e.id and u.status = 'pending'`);
}

/** Takes rows by moving their end: another taker does not see them, and a crash gives them back. */
function takeOverdue(ctx: Context): Promise<Overdue[]> {
  return rowsOf(
    ctx.db,
    sql`
      update uploads set expires_at = now() + ${RETRY_AFTER_SECONDS}::int * interval '1 second'
      where id in (
        select id from uploads where status = 'pending' and expires_at < now()
        order by expires_at limit ${BATCH} for update skip locked
      )
      returning id, object_key, multipart_id, size_bytes`,
    row,
  );
}

/** Null when storage did not let it: its turn comes again. */
async function endUpload(
  ctx: Context,
  upload: Overdue,
): Promise<{ id: string; status: 'completed' | 'expired' } | null> {
  try {
    const object = await ctx.storage.head(upload.object_key);
    if (object?.sizeBytes === upload.size_bytes) return { id: upload.id, status: 'completed' };
    if (upload.multipart_id) await ctx.storage.abortMultipart(upload.object_key, upload.multipart_id);
    return { id: upload.id, status: 'expired' };
  } catch (error) {
    warn('an upload could not be ended', { uploadId: upload.id, error: String(error) });
    return null;
  }
}
