import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { attempted } from '../log.ts';
import { informOfUpload } from '../webhooks/inform-webhooks.ts';

/** Completes an upload that still is pending, and tells webhooks of it, in one statement. */
export async function markCompleted(
  ctx: Context,
  uploadId: string,
  etag: string,
  actor: string,
): Promise<void> {
  await ctx.db.execute(sql`
    with upload as (
      update uploads set status = 'completed', etag = ${etag}, completed_at = now(), changed_by = ${actor}
      where id = ${uploadId}::uuid and status = 'pending'
      returning *
    ),
    ${partsForgotten},
    told as (
      select id as upload_id, project_id, completed_at as at, jsonb_build_object(
        'upload_id', id, 'input_key', object_key, 'filename', filename, 'content_type', content_type,
        'size_bytes', size_bytes, 'etag', etag) as data
      from upload
    ),
    ${informOfUpload(sql`told`)}
    select 1`);
}

/**
 * Ends an upload that still is pending without an object. What lies under its key, or may come to lie there by a URL
 * that was signed, is erased: put on the list in the same statement, and tried at once. A job's source stays. False when
 * the upload had ended before.
 */
export async function giveUp(
  ctx: Context,
  uploadId: string,
  status: 'aborted' | 'expired',
  actor: string,
): Promise<boolean> {
  const given = await rowsOf(
    ctx.db,
    sql`
      with upload as (
        update uploads set status = ${status}, changed_by = ${actor}
        where id = ${uploadId}::uuid and status = 'pending'
        returning id, project_id, object_key, expires_at
      ),
      ${partsForgotten},
      erased as (
        insert into erasures (project_id, prefix, final_after)
        select project_id, object_key, greatest(now(), expires_at) from upload
      )
      select object_key, exists (
        select 1 from jobs where source_key = object_key and source_erased_at is null) as in_use
      from upload`,
    z.object({ object_key: z.string(), in_use: z.boolean() }),
  );
  const free = given.filter((upload) => !upload.in_use);
  await Promise.all(
    free.map((upload) =>
      attempted(ctx, 'delete the object of an upload', ctx.storage.delete(upload.object_key)),
    ),
  );
  return given.length > 0;
}

/** The record of parts is of no use to an upload that has ended. */
const partsForgotten: SQL = sql`
    forgotten as (delete from upload_parts where upload_id in (select id from upload))`;
