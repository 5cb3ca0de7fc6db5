import { and, eq, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import { Refusal } from '../refusal.ts';
import { StorageRefusal } from '../storage/storage.ts';
import { findMultipart, type MultipartRow, requirePending, type UploadRef } from './find-multipart.ts';

export interface UploadedPart {
  partNumber: number;
  etag: string;
}

export interface CompletedUpload {
  inputKey: string;
  sizeBytes: number;
}

/**
 * Joins the parts of an upload into its object, and checks that it has the size that was announced. Repeating a
 * completion that was accepted gives the same answer, also when the first answer was lost half way.
 */
export async function completeUpload(
  ctx: Context,
  input: UploadRef & { parts: UploadedPart[] },
): Promise<CompletedUpload> {
  const upload = await findMultipart(ctx, input);
  const completed = { inputKey: upload.objectKey, sizeBytes: upload.sizeBytes };
  if (upload.status === 'completed') return completed;
  requirePending(upload);
  const parts = requireAllParts(upload, input.parts);
  const refusal = await joinParts(ctx, upload, parts);
  const object = await ctx.storage.head(upload.objectKey);
  if (!object)
    throw incomplete(`Storage refused to join the parts: ${refusal?.message ?? 'no object came of it'}.`);
  if (object.sizeBytes !== upload.sizeBytes) {
    await ctx.storage.delete(upload.objectKey);
    await setStatus(ctx, upload.id, 'aborted');
    throw incomplete(
      `The parts have ${object.sizeBytes} bytes; ${upload.sizeBytes} were announced. Start again.`,
    );
  }
  await setStatus(ctx, upload.id, 'completed');
  return completed;
}

function requireAllParts(upload: MultipartRow, parts: UploadedPart[]): UploadedPart[] {
  const sorted = [...parts].sort((a, b) => a.partNumber - b.partNumber);
  const whole = sorted.length === upload.partCount && sorted.every((part, i) => part.partNumber === i + 1);
  if (whole) return sorted;
  const message = `must name each of the parts 1 to ${upload.partCount} once`;
  throw new Refusal('invalid_request', `body.parts: ${message}`, {
    issues: [{ path: 'body.parts', message }],
  });
}

/** What storage had against it, if anything. An upload that was joined before is refused too: the object decides. */
async function joinParts(
  ctx: Context,
  upload: MultipartRow,
  parts: UploadedPart[],
): Promise<StorageRefusal | null> {
  try {
    await ctx.storage.completeMultipart(upload.objectKey, upload.multipartId, parts);
    return null;
  } catch (error) {
    if (error instanceof StorageRefusal) return error;
    throw error;
  }
}

async function setStatus(ctx: Context, uploadId: string, status: 'completed' | 'aborted'): Promise<void> {
  await ctx.db
    .update(uploads)
    .set({ status, ...(status === 'completed' ? { completedAt: sql`now()` } : {}) })
    .where(and(eq(uploads.id, uploadId), eq(uploads.status, 'pending')));
}

function incomplete(detail: string): Refusal {
  return new Refusal('upload_incomplete', detail);
}
