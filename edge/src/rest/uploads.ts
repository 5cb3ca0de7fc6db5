import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { eraseUpload } from '../erasure/erase-upload.ts';
import { readErasure } from '../erasure/read-erasure.ts';
import { createSingle } from '../uploads/create-single.ts';
import { createUpload } from '../uploads/create-upload.ts';
import { UPLOAD_STATUSES } from '../uploads/find-upload.ts';
import { holdUpload } from '../uploads/hold-upload.ts';
import { listUploads } from '../uploads/list-uploads.ts';
import { readUpload } from '../uploads/read-upload.ts';
import { newFile, uploadInput } from '../uploads/upload-input.ts';
import { erasureJson, erasureReceipt } from './erasure-json.ts';
import { needs } from './needs.ts';
import { json, jsonBody, limitBody, wholeNumber } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';
import { begun, begunJson, signedPut, upload, uploadJson, uploadWithParts } from './upload-json.ts';
import { uploadParams, uploadParts } from './upload-parts.ts';

const DEFAULT_PAGE = 20;

const getUploadUrl = createRoute({
  method: 'get',
  path: '/upload-url',
  operationId: 'getUploadUrl',
  summary: 'Begin an upload in one PUT',
  middleware: needs('uploads:write'),
  request: {
    query: newFile.extend({
      size_bytes: wholeNumber(1, Number.MAX_SAFE_INTEGER).describe(
        newFile.shape.size_bytes.description ?? '',
      ),
    }),
  },
  responses: {
    200: json(signedPut, 'Where and how to send the file.'),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden', 'source_too_large', 'quota_exceeded'),
  },
});

const postUploads = createRoute({
  method: 'post',
  path: '/uploads',
  operationId: 'createUpload',
  summary: 'Begin an upload',
  middleware: [needs('uploads:write'), limitBody(16_384)] as const,
  request: {
    body: jsonBody(uploadInput),
  },
  responses: {
    201: json(begun, 'The upload, and where to send the file or its first parts.'),
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'forbidden',
      'body_too_large',
      'unsupported_content_type',
      'upload_expired',
      'source_too_large',
      'quota_exceeded',
      'storage_unavailable',
    ),
  },
});

const getUploads = createRoute({
  method: 'get',
  path: '/uploads',
  operationId: 'listUploads',
  summary: 'List uploads, newest first',
  middleware: needs('jobs:read'),
  request: {
    query: z.strictObject({
      status: z.enum(UPLOAD_STATUSES).optional().describe('Only uploads of this status.'),
      limit: wholeNumber(1, 100).optional().describe(`Uploads on a page. Default: ${DEFAULT_PAGE}.`),
      cursor: z.string().max(128).optional().describe('`next_cursor` of the page before.'),
    }),
  },
  responses: {
    200: json(
      z
        .object({
          uploads: z.array(upload).describe('One page.'),
          next_cursor: z.string().nullable().describe('Opens the next page; null on the last.'),
        })
        .openapi('UploadList'),
      'A page of uploads.',
    ),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden'),
  },
});

const getUpload = createRoute({
  method: 'get',
  path: '/uploads/{upload_id}',
  operationId: 'getUpload',
  summary: 'Read an upload, and which of its parts were confirmed',
  middleware: needs('jobs:read'),
  request: { params: uploadParams },
  responses: {
    200: json(uploadWithParts, 'The upload.'),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden', 'upload_not_found'),
  },
});

const patchUpload = createRoute({
  method: 'patch',
  path: '/uploads/{upload_id}',
  operationId: 'updateUpload',
  summary: 'Hold an upload, or let it go',
  description: 'A legal hold is laid with this scope, and lifted with `admin` alone.',
  middleware: [needs('uploads:write'), limitBody(1_024)],
  request: {
    params: uploadParams,
    body: jsonBody(z.strictObject({ legal_hold: z.boolean().describe('While true, nothing erases it.') })),
  },
  responses: {
    200: json(uploadWithParts, 'The upload as it is now.'),
    ...refusedWith('invalid_request', 'upload_not_found', 'body_too_large', 'unsupported_content_type'),
  },
});

const deleteUpload = createRoute({
  method: 'delete',
  path: '/uploads/{upload_id}',
  operationId: 'deleteUpload',
  summary: 'Give up an upload, or erase a complete one',
  middleware: needs('uploads:write'),
  request: { params: uploadParams },
  responses: {
    202: json(erasureReceipt, 'The upload was complete, and is on its way out.'),
    204: { description: 'It was not complete. What had arrived of it is thrown away.' },
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'forbidden',
      'upload_not_found',
      'upload_in_use',
      'upload_expired',
      'legal_hold',
      'storage_unavailable',
    ),
  },
});

export function uploads(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();
  app.route('/', uploadParts());

  app.openapi(getUploadUrl, async (c) => {
    const caller = c.get('caller');
    const query = c.req.valid('query');
    const made = await createSingle(c.env.context, {
      projectId: caller.projectId,
      actor: caller.actor,
      filename: query.filename,
      contentType: query.content_type,
      sizeBytes: query.size_bytes,
    });
    const body = {
      upload_id: made.uploadId,
      input_key: made.inputKey,
      upload_url: made.request.url,
      method: 'PUT' as const,
      headers: made.request.headers,
      expires_at: made.requestExpiresAt.toISOString(),
    };
    return c.json(body, 200);
  });

  app.openapi(postUploads, async (c) => {
    const caller = c.get('caller');
    const body = c.req.valid('json');
    const made = await createUpload(c.env.context, {
      projectId: caller.projectId,
      actor: caller.actor,
      filename: body.filename,
      contentType: body.content_type,
      sizeBytes: body.size_bytes,
      method: body.method,
    });
    return c.json(begunJson(made), 201);
  });

  app.openapi(getUploads, async (c) => {
    const caller = c.get('caller');
    const query = c.req.valid('query');
    const page = await listUploads(c.env.context, {
      projectId: caller.projectId,
      status: query.status ?? null,
      limit: query.limit ?? DEFAULT_PAGE,
      cursor: query.cursor ?? null,
    });
    return c.json({ uploads: page.uploads.map(uploadJson), next_cursor: page.nextCursor }, 200);
  });

  app.openapi(getUpload, async (c) => {
    const caller = c.get('caller');
    const ref = { projectId: caller.projectId, uploadId: c.req.valid('param').upload_id };
    const found = await readUpload(c.env.context, ref);
    return c.json(withPartsJson(found), 200);
  });

  app.openapi(patchUpload, async (c) => {
    const ref = { projectId: c.get('projectId'), uploadId: c.req.valid('param').upload_id };
    await holdUpload(c.env.context, {
      caller: c.get('caller'),
      uploadId: ref.uploadId,
      legalHold: c.req.valid('json').legal_hold,
    });
    return c.json(withPartsJson(await readUpload(c.env.context, ref)), 200);
  });

  app.openapi(deleteUpload, async (c) => {
    const caller = c.get('caller');
    const ref = { projectId: caller.projectId, uploadId: c.req.valid('param').upload_id };
    const { receiptId } = await eraseUpload(c.env.context, { ...ref, actor: caller.actor });
    if (receiptId === null) return c.body(null, 204);
    return c.json(erasureJson(await readErasure(c.env.context, { caller, receiptId })), 202);
  });

  return app;
}

function withPartsJson(found: Awaited<ReturnType<typeof readUpload>>): z.infer<typeof uploadWithParts> {
  return { ...uploadJson(found), confirmed_parts: found.parts.map((part) => part.partNumber) };
}
