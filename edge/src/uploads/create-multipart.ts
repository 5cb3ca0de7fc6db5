import { uploadKey } from '@millrace/shared/storage-keys.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { attempted } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { requireSubtitleSize } from './recognise-subtitles.ts';
import { type SignedPart, signPartUrls } from './sign-parts.ts';
import { type NewUpload, storeUpload, type UploadPlan } from './store-upload.ts';
import {
  MULTIPART_BEGIN_TTL_SECONDS,
  MULTIPART_TTL_SECONDS,
  planParts,
  requireAllowedSize,
} from './upload-limits.ts';

export interface MultipartUpload {
  method: 'multipart';
  uploadId: string;
  inputKey: string;
  /** Of every part but the last. */
  partSizeBytes: number;
  partCount: number;
  /** The first of them. */
  parts: SignedPart[];
  expiresAt: Date;
}

/**
 * An upload in parts, which may be sent side by side, resumed, and take days. The row is there before storage is asked,
 * so that whatever storage begins is found and thrown away, wherever this breaks off.
 */
export async function createMultipart(ctx: Context, input: NewUpload): Promise<MultipartUpload> {
  requireAllowedSize(input.sizeBytes, ctx.config.maxSourceBytes);
  requireSubtitleSize(input.filename, input.sizeBytes);
  const { partSizeBytes, partCount } = planParts(input.sizeBytes);
  const id = ctx.random.uuid();
  const objectKey = uploadKey(input.projectId, id, input.filename);
  const plan = {
    id,
    objectKey,
    parts: { partSizeBytes, partCount },
    expiresAt: inSeconds(ctx, MULTIPART_BEGIN_TTL_SECONDS),
  };
  const stored = await storeUpload(ctx, input, plan);
  const expiresAt = inSeconds(ctx, MULTIPART_TTL_SECONDS);
  const multipartId = stored.multipartId ?? (await beginAtStorage(ctx, input, { ...plan, expiresAt }));
  const parts = await signPartUrls(ctx, { objectKey, multipartId, partCount }, 1);
  return {
    method: 'multipart',
    uploadId: id,
    inputKey: objectKey,
    partSizeBytes,
    partCount,
    parts,
    expiresAt,
  };
}

/** The id that storage gave, once the row holds it. Whoever comes second takes the id of the first. */
async function beginAtStorage(ctx: Context, input: NewUpload, plan: UploadPlan): Promise<string> {
  const begun = await ctx.storage.createMultipart(plan.objectKey, input.contentType);
  const [kept] = await rowsOf(
    ctx.db,
    sql`
      update uploads set multipart_id = coalesce(multipart_id, ${begun}), expires_at = ${plan.expiresAt.toISOString()}::timestamptz
      where id = ${plan.id}::uuid and status = 'pending'
      returning multipart_id`,
    z.object({ multipart_id: z.string() }),
  );
  if (kept?.multipart_id !== begun) {
    await attempted(ctx, 'abort a multipart upload', ctx.storage.abortMultipart(plan.objectKey, begun));
  }
  if (!kept) throw new Refusal('upload_expired', `Upload ${plan.id} has ended before it began. Start again.`);
  return kept.multipart_id;
}

function inSeconds(ctx: Context, seconds: number): Date {
  return new Date(ctx.now() + seconds * 1000);
}
