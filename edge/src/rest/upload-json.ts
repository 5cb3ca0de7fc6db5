import { z } from '@hono/zod-openapi';
import type { MultipartUpload } from '../uploads/create-multipart.ts';
import type { SingleUpload } from '../uploads/create-single.ts';
import { UPLOAD_STATUSES, type UploadRow } from '../uploads/find-upload.ts';
import type { SignedPart } from '../uploads/sign-parts.ts';

const at = z.iso.datetime();
const uploadId = z.uuid().describe('Names the upload in the calls that follow.');
const inputKey = z.string().describe('Name it in POST /jobs once the upload is complete.');

const part = z.object({
  part_number: z.int().describe('From 1.'),
  upload_url: z.string().describe('PUT the bytes of the part here; keep the ETag of the answer.'),
});
export const parts = z.array(part);

/** Where and how one PUT goes. */
export const signedPut = z
  .object({
    upload_id: uploadId,
    input_key: inputKey,
    upload_url: z.string().describe('Where to send the file.'),
    method: z.literal('PUT').describe('How to send it.'),
    headers: z
      .record(z.string(), z.string())
      .describe('Must be sent as they are. A second PUT is refused (412): what has arrived stays as it is.'),
    expires_at: at.describe('The PUT must have begun by then.'),
  })
  .openapi('SignedPut');

const begunSingle = z
  .object({
    upload_id: uploadId,
    method: z.literal('single').describe('One PUT.'),
    input_key: inputKey,
    upload_url: z.string().describe('PUT the file here, within an hour.'),
    headers: z.record(z.string(), z.string()).describe('Must be sent as they are.'),
    expires_at: at.describe('The upload must be complete by then.'),
  })
  .openapi('SingleUpload');

const begunMultipart = z
  .object({
    upload_id: uploadId,
    method: z.literal('multipart').describe('In parts.'),
    input_key: inputKey,
    part_size_bytes: z.int().describe('Size of every part but the last.'),
    part_count: z.int().describe('How many parts there are.'),
    parts: parts.describe('The first 100 parts. GET /uploads/{upload_id}/parts has the others.'),
    expires_at: at.describe('The upload must be complete by then.'),
  })
  .openapi('MultipartUpload');

export const begun = z.discriminatedUnion('method', [begunSingle, begunMultipart]);

export const upload = z
  .object({
    upload_id: z.uuid().describe('Names the upload.'),
    status: z.enum(UPLOAD_STATUSES).describe('Only `pending` takes bytes; the others are final.'),
    method: z.enum(['single', 'multipart']).describe('One PUT, or parts.'),
    input_key: z.string().describe('The object, once the upload is complete.'),
    filename: z.string().describe('As announced.'),
    content_type: z.string().describe('As announced.'),
    size_bytes: z.int().describe('As announced, and checked at completion.'),
    part_size_bytes: z.int().nullable().describe('Size of every part but the last; null for one PUT.'),
    part_count: z.int().nullable().describe('How many parts there are; null for one PUT.'),
    etag: z.string().nullable().describe('Of the whole object; null until completed.'),
    legal_hold: z.boolean().describe('Nothing erases it.'),
    created_at: at.describe('When it was begun.'),
    expires_at: at.describe('A pending upload ends then.'),
    completed_at: at.nullable().describe('When it was confirmed.'),
  })
  .openapi('Upload');

export const uploadWithParts = upload
  .extend({
    confirmed_parts: z
      .array(z.int())
      .describe('Numbers of the parts that were confirmed, while the upload is pending. Send the others.'),
  })
  .openapi('UploadWithParts');

export function begunJson(made: SingleUpload | MultipartUpload): z.infer<typeof begun> {
  const common = {
    upload_id: made.uploadId,
    input_key: made.inputKey,
    expires_at: made.expiresAt.toISOString(),
  };
  switch (made.method) {
    case 'single':
      return { ...common, method: 'single', upload_url: made.request.url, headers: made.request.headers };
    case 'multipart':
      return {
        ...common,
        method: 'multipart',
        part_size_bytes: made.partSizeBytes,
        part_count: made.partCount,
        parts: made.parts.map(partJson),
      };
    default:
      return made satisfies never;
  }
}

export function partJson({ partNumber, uploadUrl }: SignedPart): z.infer<typeof part> {
  return { part_number: partNumber, upload_url: uploadUrl };
}

export function uploadJson(row: UploadRow): z.infer<typeof upload> {
  return {
    upload_id: row.id,
    status: z.enum(UPLOAD_STATUSES).parse(row.status),
    method: row.partCount === null ? 'single' : 'multipart',
    input_key: row.objectKey,
    filename: row.filename,
    content_type: row.contentType,
    size_bytes: row.sizeBytes,
    part_size_bytes: row.partSizeBytes,
    part_count: row.partCount,
    etag: row.etag,
    legal_hold: row.legalHold,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
    completed_at: row.completedAt?.toISOString() ?? null,
  };
}
