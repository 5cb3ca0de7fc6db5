import type { Context } from '../context.ts';

/**
 * Has storage forget the parts of an upload. Where storage began it and the row was never told of that, storage is asked
 * what it has under the key.
 */
export async function forgetParts(
  ctx: Context,
  upload: { objectKey: string; multipartId: string | null; partCount: number | null },
): Promise<void> {
  if (upload.partCount === null) return;
  const begun = upload.multipartId
    ? [upload.multipartId]
    : await ctx.storage.listMultiparts(upload.objectKey);
  await Promise.all(begun.map((multipartId) => ctx.storage.abortMultipart(upload.objectKey, multipartId)));
}
