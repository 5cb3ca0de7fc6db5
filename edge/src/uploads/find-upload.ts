import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import { Refusal } from '../refusal.ts';

export interface UploadRef {
  projectId: string;
  uploadId: string;
}

export type UploadRow = typeof uploads.$inferSelect;
/** An upload in parts. Its `multipartId` is null until storage has begun it. */
export type MultipartRow = UploadRow & { partSizeBytes: number; partCount: number };

export const UPLOAD_STATUSES = ['pending', 'completed', 'aborted', 'expired'] as const;
export type UploadStatus = (typeof UPLOAD_STATUSES)[number];

/** The row of an upload. Refuses with `upload_not_found`. */
export async function findUpload(ctx: Context, { projectId, uploadId }: UploadRef): Promise<UploadRow> {
  const [row] = await ctx.db
    .select()
    .from(uploads)
    .where(and(eq(uploads.id, uploadId), eq(uploads.projectId, projectId)));
  if (!row) throw noSuchUpload(uploadId);
  return row;
}

/** As `findUpload`, for what only uploads in parts know. */
export async function findMultipart(ctx: Context, ref: UploadRef): Promise<MultipartRow> {
  const row = await findUpload(ctx, ref);
  if (!isMultipart(row)) throw notInParts(ref.uploadId);
  return row;
}

export function isMultipart(row: UploadRow): row is MultipartRow {
  return row.partCount !== null && row.partSizeBytes !== null;
}

export function noSuchUpload(uploadId: string): Refusal {
  return new Refusal('upload_not_found', `There is no upload ${uploadId}.`);
}

export function notInParts(uploadId: string): Refusal {
  return new Refusal('upload_not_found', `Upload ${uploadId} is one PUT: it has no parts.`);
}

/** Refuses with `upload_expired` unless bytes may still be sent. */
export function requirePending(upload: { id: string; status: string }): void {
  if (upload.status === 'pending') return;
  const how = upload.status === 'completed' ? 'is already complete' : `was ${upload.status}`;
  throw new Refusal('upload_expired', `Upload ${upload.id} ${how}.`);
}

/** The store's id of a multipart upload. Refuses with `upload_expired` when storage never began it. */
export function requireBegun(upload: MultipartRow): string {
  if (upload.multipartId !== null) return upload.multipartId;
  throw new Refusal('upload_expired', `Upload ${upload.id} never began. Start again.`);
}
