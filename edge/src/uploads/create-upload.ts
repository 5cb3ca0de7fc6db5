import { uploadKey } from '@millrace/shared/storage-keys.ts';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import type { SignedRequest } from '../storage/storage.ts';
import { PUT_TTL_SECONDS, requireAllowedSize, requireSinglePut } from './upload-limits.ts';

export interface NewUpload {
  projectId: string;
  filename: string;
  contentType: string;
  sizeBytes: number;
}

/** An upload in one PUT. Type and size are signed: storage takes nothing else. */
export async function createUpload(
  ctx: Context,
  input: NewUpload,
): Promise<{ inputKey: string; request: SignedRequest; expiresAt: Date }> {
  requireAllowedSize(input.sizeBytes, ctx.config.maxSourceBytes);
  requireSinglePut(input.sizeBytes);
  const id = ctx.random.uuid();
  const inputKey = uploadKey(input.projectId, id, input.filename);
  const expiresAt = new Date(ctx.now() + PUT_TTL_SECONDS * 1000);
  const [request] = await Promise.all([
    ctx.storage.presignPut(inputKey, PUT_TTL_SECONDS, {
      contentType: input.contentType,
      contentLength: input.sizeBytes,
    }),
    ctx.db.insert(uploads).values({ id, objectKey: inputKey, status: 'pending', expiresAt, ...input }),
  ]);
  return { inputKey, request, expiresAt };
}
