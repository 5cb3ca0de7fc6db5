import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { refuseQuota, withinStoredBytes } from '../projects/quota.ts';
import { requirePending } from './find-upload.ts';

export interface NewUpload {
  projectId: string;
  /** Whoever begins it. */
  actor: string;
  filename: string;
  contentType: string;
  sizeBytes: number;
}

export interface UploadPlan {
  id: string;
  objectKey: string;
  /** Null for an upload in one PUT. */
  parts: { partSizeBytes: number; partCount: number } | null;
  expiresAt: Date;
}

const row = z.object({ status: z.string(), multipart_id: z.string().nullable() });
type Stored = z.infer<typeof row>;

/**
 * Writes the row of a new upload, if the project may store so much more. A repetition, by the same id, finds the row of
 * the first time. Refuses with `quota_exceeded`, and with `upload_expired` when the upload has ended since.
 */
export async function storeUpload(
  ctx: Context,
  input: NewUpload,
  plan: UploadPlan,
): Promise<{ multipartId: string | null }> {
  const stored = (await insert(ctx, input, plan)) ?? (await find(ctx, input.projectId, plan.id));
  if (!stored) throw await refuseQuota(ctx, input.projectId, 'stored_bytes', input.sizeBytes);
  requirePending({ id: plan.id, status: stored.status });
  return { multipartId: stored.multipart_id };
}

/** Nothing when the quota does not allow it, or when the row was there. */
async function insert(
  ctx: Context,
  input: NewUpload,
  { id, objectKey, parts, expiresAt }: UploadPlan,
): Promise<Stored | undefined> {
  const [inserted] = await rowsOf(
    ctx.db,
    sql`
      insert into uploads (id, project_id, object_key, filename, content_type, size_bytes, status, part_size_bytes,
                           part_count, actor, expires_at)
      select ${id}::uuid, ${input.projectId}::text, ${objectKey}::text, ${input.filename}::text,
             ${input.contentType}::text, ${input.sizeBytes}::bigint, 'pending', ${parts?.partSizeBytes ?? null}::bigint,
             ${parts?.partCount ?? null}::int, ${input.actor}::text, ${expiresAt.toISOString()}::timestamptz
      where ${withinStoredBytes(input.projectId, input.sizeBytes)}
      on conflict do nothing
      returning status, multipart_id`,
    row,
  );
  return inserted;
}

async function find(ctx: Context, projectId: string, id: string): Promise<Stored | undefined> {
  const [found] = await rowsOf(
    ctx.db,
    sql`select status, multipart_id from uploads where id = ${id}::uuid and project_id = ${projectId}`,
    row,
  );
  return found;
}
