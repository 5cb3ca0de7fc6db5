import type { Context } from '../context.ts';
import { createMultipart, type MultipartUpload } from './create-multipart.ts';
import { createSingle, type SingleUpload } from './create-single.ts';
import type { NewUpload } from './store-upload.ts';

/** One PUT, which cannot be resumed, or parts, which can. */
export const UPLOAD_METHODS = ['single', 'multipart'] as const;
export type UploadMethod = (typeof UPLOAD_METHODS)[number];

/** Begins an upload the way the client wants to send it. Refuses with `source_too_large` and `quota_exceeded`. */
export function createUpload(
  ctx: Context,
  input: NewUpload & { method: UploadMethod },
): Promise<SingleUpload | MultipartUpload> {
  const { method, ...upload } = input;
  switch (method) {
    case 'single':
      return createSingle(ctx, upload);
    case 'multipart':
      return createMultipart(ctx, upload);
    default:
      return method satisfies never;
  }
}
