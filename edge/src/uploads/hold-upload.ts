import { and, eq } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import { Refusal } from '../refusal.ts';
import type { UploadRef } from './find-upload.ts';

/** Sets or lifts a legal hold: while it stands nothing erases the upload. Refuses with `upload_not_found`. */
export async function holdUpload(ctx: Context, ref: UploadRef & { actor: string; legalHold: boolean }): Promise<void> {
  const found = await ctx.db
    .update(uploads)
    .set({ legalHold: ref.legalHold, changedBy: ref.actor })
    .where(and(eq(uploads.id, ref.uploadId), eq(uploads.projectId, ref.projectId)))
    .returning({ id: uploads.id });
  if (found.length === 0) throw new Refusal('upload_not_found', `There is no upload ${ref.uploadId}.`);
}
