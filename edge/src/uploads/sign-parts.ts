import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { findMultipart, requireBegun, requirePending, type UploadRef } from './find-upload.ts';
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
  const { objectKey, partCount } = upload;
  return signPartUrls(ctx, { objectKey, multipartId: requireBegun(upload), partCount }, input.from);
}

export function signPartUrls(
  ctx: Context,
  upload: { objectKey: string; multipartId: string; partCount: number },
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
