import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { noSuchUpload, notInParts, requirePending, type UploadRef } from './find-upload.ts';

export interface UploadedPart {
  partNumber: number;
  etag: string;
}

const row = z.object({ status: z.string(), part_count: z.number().nullable() });

/**
 * Notes parts that storage has taken, so that another client, or one that remembers nothing, goes on from there. What
 * was said last of a part counts. One statement.
 */
export async function confirmParts(
  ctx: Context,
  input: UploadRef & { parts: UploadedPart[] },
): Promise<void> {
  requireDistinct(input.parts);
  const highest = Math.max(...input.parts.map((part) => part.partNumber));
  const [upload] = await rowsOf(
    ctx.db,
    sql`
      with upload as (
        select id, status, part_count from uploads
        where id = ${input.uploadId}::uuid and project_id = ${input.projectId}
        for share
      ),
      kept as (
        insert into upload_parts (upload_id, number, etag)
        select u.id, p."partNumber", p.etag
        from upload u
        cross join jsonb_to_recordset(${JSON.stringify(input.parts)}::jsonb) as p("partNumber" int, etag text)
        where u.status = 'pending' and u.part_count >= ${highest}::int
        on conflict (upload_id, number) do update set etag = excluded.etag
      )
      select status, part_count from upload`,
    row,
  );
  if (!upload) throw noSuchUpload(input.uploadId);
  if (upload.part_count === null) throw notInParts(input.uploadId);
  requirePending({ id: input.uploadId, status: upload.status });
  if (highest > upload.part_count) throw badParts(`this upload has ${upload.part_count} parts`);
}

function requireDistinct(parts: UploadedPart[]): void {
  if (new Set(parts.map((part) => part.partNumber)).size < parts.length)
    throw badParts('must name a part once');
}

/** The refusal of a list of parts. To be thrown. */
export function badParts(message: string): Refusal {
  return new Refusal('invalid_request', `body.parts: ${message}`, {
    issues: [{ path: 'body.parts', message }],
  });
}
