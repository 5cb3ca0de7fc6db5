import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { findMultipart, type MultipartRow, requirePending, type UploadRef } from './find-multipart.ts';
import { PART_TTL_SECONDS, PARTS_PER_PAGE } from './upload-limits.ts';

export interface SignedPart {
  partNumber: number;
  uploadUrl: string;
}

/** Fresh URLs for the parts from `from` on, a page at a time. */
export async function signParts(ctx: Context, input: UploadRef & { from: number }): Promise<SignedPart[]> {
  const upload = await findMultipart(ctx, input);
  requirePending(upload);
  if (input.from > upload.partCount) {
    const message = `this upload has ${upload.partCount} parts`;
    throw new Refusal('invalid_request', `query.from: ${message}`, {
      issues: [{ path: 'query.from', message }],
    });
  }
  return signPartUrls(ctx, upload, input.from);
}

export function signPartUrls(
  ctx: Context,
  upload: Pick<MultipartRow, 'objectKey' | 'multipartId' | 'partCount'>,
  from: number,
): Promise<SignedPart[]> {
  const count = Math.min(PARTS_PER_PAGE, upload.partCount - from + 1);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const partNumber = from + index;
      const { url } = await ctx.storage.presignPart(
        upload.objectKey,
        upload.multipartId,
        partNumber,
        PART_TTL_SECONDS,
      );
      return { partNumber, uploadUrl: url };
    }),
  );
}
