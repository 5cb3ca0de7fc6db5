import { asc, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { uploadParts } from '../db/schema.ts';
import type { UploadedPart } from './confirm-parts.ts';
import { findUpload, isMultipart, type UploadRef, type UploadRow } from './find-upload.ts';

/** An upload and, while it is under way in parts, those that were confirmed. Refuses with `upload_not_found`. */
export async function readUpload(
  ctx: Context,
  ref: UploadRef,
): Promise<UploadRow & { parts: UploadedPart[] }> {
  const upload = await findUpload(ctx, ref);
  const underWay = upload.status === 'pending' && isMultipart(upload);
  return { ...upload, parts: underWay ? await confirmedParts(ctx, upload.id) : [] };
}

/** What clients said of the parts of an upload, in the order of their numbers. */
export function confirmedParts(ctx: Context, uploadId: string): Promise<UploadedPart[]> {
  return ctx.db
    .select({ partNumber: uploadParts.number, etag: uploadParts.etag })
    .from(uploadParts)
    .where(eq(uploadParts.uploadId, uploadId))
    .orderBy(asc(uploadParts.number));
}
