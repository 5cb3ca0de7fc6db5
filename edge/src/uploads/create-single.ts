import { uploadKey } from '@millrace/shared/storage-keys.ts';
import type { Context } from '../context.ts';
import type { SignedRequest } from '../storage/storage.ts';
import { requireSubtitleSize } from './recognise-subtitles.ts';
import { type NewUpload, storeUpload } from './store-upload.ts';
import {
  PUT_TTL_SECONDS,
  requireAllowedSize,
  requireSinglePut,
  SINGLE_TTL_SECONDS,
} from './upload-limits.ts';

export interface SingleUpload {
  method: 'single';
  uploadId: string;
  inputKey: string;
  /** Where and how to send the file. */
  request: SignedRequest;
  /** The PUT must have begun by then. */
  requestExpiresAt: Date;
  /** The upload must be complete by then. */
  expiresAt: Date;
}

/**
 * An upload in one PUT. Type and size are signed, and that nothing lies under the key yet: storage takes nothing else,
 * and a second PUT cannot change what the first has brought.
 */
export async function createSingle(ctx: Context, input: NewUpload): Promise<SingleUpload> {
  requireAllowedSize(input.sizeBytes, ctx.config.maxSourceBytes);
  requireSubtitleSize(input.filename, input.sizeBytes);
  requireSinglePut(input.sizeBytes);
  const uploadId = ctx.random.uuid();
  const inputKey = uploadKey(input.projectId, uploadId, input.filename);
  const requestExpiresAt = new Date(ctx.now() + PUT_TTL_SECONDS * 1000);
  const expiresAt = new Date(ctx.now() + SINGLE_TTL_SECONDS * 1000);
  const [request] = await Promise.all([
    ctx.storage.presignPut(inputKey, PUT_TTL_SECONDS, {
      once: true,
      contentType: input.contentType,
      contentLength: input.sizeBytes,
    }),
    storeUpload(ctx, input, { id: uploadId, objectKey: inputKey, parts: null, expiresAt }),
  ]);
  return { method: 'single', uploadId, inputKey, request, requestExpiresAt, expiresAt };
}
