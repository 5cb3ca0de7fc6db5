import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { abortUpload } from '../uploads/abort-upload.ts';
import { completeUpload } from '../uploads/complete-upload.ts';
import { createMultipart } from '../uploads/create-multipart.ts';
import { createUpload } from '../uploads/create-upload.ts';
import { type SignedPart, signParts } from '../uploads/sign-parts.ts';
import { MAX_PARTS } from '../uploads/upload-limits.ts';
import { json, jsonBody, limitBody, plainText, wholeNumber } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';

const filename = plainText(1, 255).describe("The file's name. Its end becomes part of the key.");
const contentType = z
  .string()
  .max(127)
  .regex(/^[\w.+-]+\/[\w.+-]+(;[\x20-\x7e]*)?$/, 'must be a media type such as video/mp4')
  .describe('Media type of the file. It is signed: the upload must carry it.');
const sizeDescription = 'Exact size of the file. It is signed, or checked at completion.';
const maxSize = Number.MAX_SAFE_INTEGER;

const uploadParams = z.object({
  upload_id: z.uuid('must be a UUID').describe('The upload, as POST /uploads named it.'),
});

const part = z.object({
  part_number: z.int().describe('From 1.'),
  upload_url: z.string().describe('PUT the bytes of the part here; keep the ETag of the answer.'),
});
const parts = z.array(part);

const getUploadUrl = createRoute({
  method: 'get',
  path: '/upload-url',
  operationId: 'getUploadUrl',
  summary: 'Begin an upload in one PUT',
  request: {
    query: z.strictObject({
      filename,
      content_type: contentType,
      size_bytes: wholeNumber(1, maxSize).describe(sizeDescription),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          input_key: z.string().describe('Name it in POST /jobs once the upload is done.'),
          upload_url: z.string().describe('Where to send the file.'),
          method: z.literal('PUT').describe('How to send it.'),
          headers: z.record(z.string(), z.string()).describe('Must be sent as they are.'),
          expires_at: z.iso.datetime().describe('The PUT must have begun by then.'),
        })
        .openapi('Upload'),
      'Where and how to send the file.',
    ),
    ...refusedWith('invalid_request', 'unauthorized', 'source_too_large'),
  },
});

const postUploads = createRoute({
  method: 'post',
  path: '/uploads',
  operationId: 'createUpload',
  summary: 'Begin an upload in parts',
  middleware: limitBody(16_384),
  request: {
    body: jsonBody(
      z.strictObject({
        filename,
        content_type: contentType,
        size_bytes: z.int().min(1).max(maxSize).describe(sizeDescription),
      }),
    ),
  },
  responses: {
    201: json(
      z
        .object({
          upload_id: z.uuid().describe('Names the upload in the calls that follow.'),
          input_key: z.string().describe('Name it in POST /jobs once the upload is complete.'),
          part_size_bytes: z.int().describe('Size of every part but the last.'),
          part_count: z.int().describe('How many parts there are.'),
          parts: parts.describe('The first 100 parts. GET /uploads/{upload_id}/parts has the others.'),
        })
        .openapi('MultipartUpload'),
      'The upload and where to send its first parts.',
    ),
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'body_too_large',
      'unsupported_content_type',
      'source_too_large',
      'storage_unavailable',
    ),
  },
});

const getParts = createRoute({
  method: 'get',
  path: '/uploads/{upload_id}/parts',
  operationId: 'getUploadParts',
  summary: 'Sign more parts of an upload',
  request: {
    params: uploadParams,
    query: z.strictObject({
      from: wholeNumber(1, MAX_PARTS).optional().describe('The first part to sign. Default: 1.'),
    }),
  },
  responses: {
    200: json(z.object({ parts: parts.describe('At most 100 parts.') }), 'Fresh URLs.'),
    ...refusedWith('invalid_request', 'unauthorized', 'upload_not_found', 'upload_expired'),
  },
});

const postComplete = createRoute({
  method: 'post',
  path: '/uploads/{upload_id}/complete',
  operationId: 'completeUpload',
  summary: 'Join the parts of an upload',
  middleware: limitBody(4 * 1024 ** 2),
  request: {
    params: uploadParams,
    body: jsonBody(
      z.strictObject({
        parts: z
          .array(
            z.strictObject({
              part_number: z.int().min(1).max(MAX_PARTS).describe('From 1.'),
              etag: z
                .string()
                .max(256)
                .regex(/^[\x21-\x7e]+$/, 'must be an ETag')
                .describe('What the PUT of the part answered.'),
            }),
          )
          .min(1)
          .max(MAX_PARTS)
          .describe('All parts, in any order.'),
      }),
    ),
  },
  responses: {
    200: json(
      z.object({
        input_key: z.string().describe('Name it in POST /jobs.'),
        size_bytes: z.int().describe('Size of the whole.'),
      }),
      'The upload is one object now. Asking again gives the same answer.',
    ),
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'upload_not_found',
      'upload_incomplete',
      'upload_expired',
      'body_too_large',
      'unsupported_content_type',
      'storage_unavailable',
    ),
  },
});

const deleteUpload = createRoute({
  method: 'delete',
  path: '/uploads/{upload_id}',
  operationId: 'abortUpload',
  summary: 'Give up an upload in parts',
  request: { params: uploadParams },
  responses: {
    204: { description: 'Its parts are thrown away.' },
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'upload_not_found',
      'upload_expired',
      'storage_unavailable',
    ),
  },
});

export function uploads(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(getUploadUrl, async (c) => {
    const query = c.req.valid('query');
    const { inputKey, request, expiresAt } = await createUpload(c.env.context, {
      projectId: c.get('projectId'),
      filename: query.filename,
      contentType: query.content_type,
      sizeBytes: query.size_bytes,
    });
    const body = {
      input_key: inputKey,
      upload_url: request.url,
      method: 'PUT' as const,
      headers: request.headers,
      expires_at: expiresAt.toISOString(),
    };
    return c.json(body, 200);
  });

  app.openapi(postUploads, async (c) => {
    const body = c.req.valid('json');
    const upload = await createMultipart(c.env.context, {
      projectId: c.get('projectId'),
      filename: body.filename,
      contentType: body.content_type,
      sizeBytes: body.size_bytes,
    });
    return c.json(
      {
        upload_id: upload.uploadId,
        input_key: upload.inputKey,
        part_size_bytes: upload.partSizeBytes,
        part_count: upload.partCount,
        parts: upload.parts.map(partJson),
      },
      201,
    );
  });

  app.openapi(getParts, async (c) => {
    const signed = await signParts(c.env.context, {
      projectId: c.get('projectId'),
      uploadId: c.req.valid('param').upload_id,
      from: c.req.valid('query').from ?? 1,
    });
    return c.json({ parts: signed.map(partJson) }, 200);
  });

  app.openapi(postComplete, async (c) => {
    const completed = await completeUpload(c.env.context, {
      projectId: c.get('projectId'),
      uploadId: c.req.valid('param').upload_id,
      parts: c.req.valid('json').parts.map(({ part_number, etag }) => ({ partNumber: part_number, etag })),
    });
    return c.json({ input_key: completed.inputKey, size_bytes: completed.sizeBytes }, 200);
  });

  app.openapi(deleteUpload, async (c) => {
    await abortUpload(c.env.context, {
      projectId: c.get('projectId'),
      uploadId: c.req.valid('param').upload_id,
    });
    return c.body(null, 204);
  });

  return app;
}

function partJson({ partNumber, uploadUrl }: SignedPart): z.infer<typeof part> {
  return { part_number: partNumber, upload_url: uploadUrl };
}
