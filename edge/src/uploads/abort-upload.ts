import type { Context } from '../context.ts';
import { giveUp } from './end-upload.ts';
import { findUpload, requirePending, type UploadRef } from './find-upload.ts';
import { forgetParts } from './forget-parts.ts';

/** Gives an upload up and throws away what came of it. Repeating it is no error; a completed upload is refused. */
export async function abortUpload(ctx: Context, ref: UploadRef & { actor: string }): Promise<void> {
  const upload = await findUpload(ctx, ref);
  if (upload.status === 'aborted' || upload.status === 'expired') return;
  requirePending(upload);
  await forgetParts(ctx, upload);
  if (await giveUp(ctx, upload.id, 'aborted', ref.actor)) return;
  // It has ended meanwhile: well, if it was given up.
  const ended = await findUpload(ctx, ref);
  if (ended.status === 'completed') requirePending(ended);
}
