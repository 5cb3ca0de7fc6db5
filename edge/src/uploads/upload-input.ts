import { z } from 'zod';
import { plainText } from '../plain-text.ts';
import { UPLOAD_METHODS } from './create-upload.ts';
import { MAX_PARTS } from './upload-limits.ts';

/** Confirmed at once. */
export const MAX_CONFIRMED = 1_000;

const sizeDescription = 'Exact size of the file. It is signed, or checked at completion.';

/** What a client says of a file before it sends it, at every door. */
export const newFile = z.strictObject({
  filename: plainText(1, 255).describe("The file's name. Its end becomes part of the key."),
  content_type: z
    .string()
    .max(127)
    .regex(/^[\w.+-]+\/[\w.+-]+(;[\x20-\x7e]*)?$/, 'must be a media type such as video/mp4')
    .describe('Media type of the file. It is signed: the upload must carry it.'),
  size_bytes: z.int().min(1).max(Number.MAX_SAFE_INTEGER).describe(sizeDescription),
});

export const uploadInput = newFile.extend({
  method: z
    .enum(UPLOAD_METHODS)
    .default('multipart')
    .describe('`single` is one PUT, up to 5 GiB; `multipart` can be resumed. Default: `multipart`.'),
});

export const etag = z
  .string()
  .max(256)
  .regex(/^[\x21-\x7e]+$/, 'must be an ETag');

/** A part that storage has taken. */
export const sentPart = z.strictObject({
  part_number: z.int().min(1).max(MAX_PARTS).describe('From 1.'),
  etag: etag.describe('What the PUT of the part answered.'),
});
