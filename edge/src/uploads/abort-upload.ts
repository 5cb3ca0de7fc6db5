import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import { findMultipart, requirePending, type UploadRef } from './find-multipart.ts';

/** Gives an upload up and has storage forget its parts. Repeating it is no error; a completed upload is refused. */
export async function abortUpload(ctx: Context, ref: UploadRef): Promise<void> {
  const upload = await findMultipart(ctx, ref);
  if (upload.status === 'aborted' || upload.status === 'expired') return;
  requirePending(upload);
  await ctx.storage.abortMultipart(upload.objectKey, upload.multipartId);
  await ctx.db
    .update(uploads)
    .set({ status: 'aborted' })
    .where(and(eq(uploads.id, upload.id), eq(uploads.status, 'pending')));
}
