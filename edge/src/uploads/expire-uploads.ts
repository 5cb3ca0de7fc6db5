import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { SYSTEM } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { giveUp, markCompleted } from './end-upload.ts';
import { forgetParts } from './forget-parts.ts';
import { inspectObject } from './inspect-object.ts';

const BATCH = 10;
/** Whoever took a row and fell silent loses it after this long. */
const RETRY_AFTER_SECONDS = 300;

const row = z.object({
  id: z.uuid(),
  object_key: z.string(),
  multipart_id: z.string().nullable(),
  part_count: z.number().nullable(),
  size_bytes: z.coerce.number(),
});
type Overdue = z.infer<typeof row>;

/**
 * Ends uploads whose time is over. Parts that were never joined are thrown away, and so is what is no media; a file that
 * arrived whole and that nobody confirmed is confirmed now, since a job may name it any time.
 */
export async function expireUploads(ctx: Context): Promise<void> {
  const overdue = await takeOverdue(ctx);
  await Promise.all(overdue.map((upload) => endUpload(ctx, upload)));
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
      returning id, object_key, multipart_id, part_count, size_bytes`,
    row,
  );
}

/** When storage does not let it, its turn comes again. */
async function endUpload(ctx: Context, upload: Overdue): Promise<void> {
  const { id, object_key: objectKey, multipart_id: multipartId, part_count: partCount } = upload;
  try {
    const found = await inspectObject(ctx, { objectKey, sizeBytes: upload.size_bytes });
    if (found.kind === 'media') return await markCompleted(ctx, id, found.etag, SYSTEM);
    await forgetParts(ctx, { objectKey, multipartId, partCount });
    await giveUp(ctx, id, 'expired', SYSTEM);
  } catch (error) {
    ctx.log.warn('an upload could not be ended', { upload_id: id, err: error });
  }
}
