import { and, eq, isNotNull } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import { Refusal } from '../refusal.ts';

export interface UploadRef {
  projectId: string;
  uploadId: string;
}

export interface MultipartRow {
  id: string;
  objectKey: string;
  status: string;
  multipartId: string;
  partCount: number;
  sizeBytes: number;
}

/** The row of an upload in parts. Refuses with `upload_not_found`. */
export async function findMultipart(ctx: Context, ref: UploadRef): Promise<MultipartRow> {
  const [row] = await ctx.db
    .select({
      id: uploads.id,
      objectKey: uploads.objectKey,
      status: uploads.status,
      multipartId: uploads.multipartId,
      partCount: uploads.partCount,
      sizeBytes: uploads.sizeBytes,
    })
    .from(uploads)
    .where(
      and(eq(uploads.id, ref.uploadId), eq(uploads.projectId, ref.projectId), isNotNull(uploads.multipartId)),
    );
  if (!row || row.multipartId === null || row.partCount === null) {
    throw new Refusal('upload_not_found', `There is no multipart upload ${ref.uploadId}.`);
  }
  return { ...row, multipartId: row.multipartId, partCount: row.partCount };
}

/** Refuses with `upload_expired` unless parts may still be sent. */
export function requirePending(upload: MultipartRow): void {
  if (upload.status === 'pending') return;
  const how = upload.status === 'completed' ? 'is already complete' : `was ${upload.status}`;
  throw new Refusal('upload_expired', `Upload ${upload.id} ${how}.`);
}
