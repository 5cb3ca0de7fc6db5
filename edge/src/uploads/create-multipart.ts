import { uploadKey } from '@millrace/shared/storage-keys.ts';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import type { NewUpload } from './create-upload.ts';
import { type SignedPart, signPartUrls } from './sign-parts.ts';
import { MULTIPART_TTL_SECONDS, planParts, requireAllowedSize } from './upload-limits.ts';

export interface MultipartUpload {
  uploadId: string;
  inputKey: string;
  /** Of every part but the last. */
  partSizeBytes: number;
  partCount: number;
  /** The first of them. */
  parts: SignedPart[];
}

/** An upload in parts, which may be sent side by side, resumed, and take days. */
export async function createMultipart(ctx: Context, input: NewUpload): Promise<MultipartUpload> {
  requireAllowedSize(input.sizeBytes, ctx.config.maxSourceBytes);
  const { partSizeBytes, partCount } = planParts(input.sizeBytes);
  const uploadId = ctx.random.uuid();
  const inputKey = uploadKey(input.projectId, uploadId, input.filename);
  const multipartId = await ctx.storage.createMultipart(inputKey, input.contentType);
  await ctx.db.insert(uploads).values({
    id: uploadId,
    objectKey: inputKey,
    status: 'pending',
    multipartId,
    partSizeBytes,
    partCount,
    expiresAt: new Date(ctx.now() + MULTIPART_TTL_SECONDS * 1000),
    ...input,
  });
  const parts = await signPartUrls(ctx, { objectKey: inputKey, multipartId, partCount }, 1);
  return { uploadId, inputKey, partSizeBytes, partCount, parts };
}
