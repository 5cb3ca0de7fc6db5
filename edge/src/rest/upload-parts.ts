import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { Refusal } from '../refusal.ts';
import { completeUpload } from '../uploads/complete-upload.ts';
import { confirmParts, type UploadedPart } from '../uploads/confirm-parts.ts';
import { signParts } from '../uploads/sign-parts.ts';
import { etag, MAX_CONFIRMED, sentPart } from '../uploads/upload-input.ts';
import { MAX_PARTS } from '../uploads/upload-limits.ts';
import { needs } from './needs.ts';
import { json, jsonBody, limitBody, wholeNumber } from './openapi-parts.ts';
import { refusedWith } from './problem.ts';
import type { RestEnv } from './rest-env.ts';
import { partJson, parts, upload, uploadJson } from './upload-json.ts';

/** A body that may be left out is ignored when it is not JSON, and its sender would never know. */
const jsonOrNothing = createMiddleware(async (c, next) => {
  const type = c.req.header('content-type');
  if (type !== undefined && !/^application\/json\s*(;|$)/i.test(type)) {
    throw new Refusal('unsupported_content_type', 'Send the body as application/json, or none.');
  }
  await next();
});

export const uploadParams = z.object({
  upload_id: z.uuid('must be a UUID').describe('The upload.'),
});

const getParts = createRoute({
  method: 'get',
  path: '/uploads/{upload_id}/parts',
  operationId: 'getUploadParts',
  summary: 'Sign more parts of an upload',
  middleware: needs('uploads:write'),
  request: {
    params: uploadParams,
    query: z.strictObject({
      from: wholeNumber(1, MAX_PARTS).optional().describe('The first part to sign. Default: 1.'),
    }),
  },
  responses: {
    200: json(z.object({ parts: parts.describe('At most 100 parts.') }), 'Fresh URLs.'),
    ...refusedWith('invalid_request', 'unauthorized', 'forbidden', 'upload_not_found', 'upload_expired'),
  },
});

const postParts = createRoute({
  method: 'post',
  path: '/uploads/{upload_id}/parts',
  operationId: 'confirmUploadParts',
  summary: 'Note parts that storage has taken',
  middleware: [needs('uploads:write'), limitBody(512 * 1024)] as const,
  request: {
    params: uploadParams,
    body: jsonBody(
      z.strictObject({
        parts: z
          .array(sentPart)
          .min(1)
          .max(MAX_CONFIRMED)
          .describe(`Up to ${MAX_CONFIRMED}, each once. What was said last of a part counts.`),
      }),
    ),
  },
  responses: {
    204: { description: 'Noted: GET /uploads/{upload_id} tells them, and completing needs them no more.' },
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'forbidden',
      'upload_not_found',
      'upload_expired',
      'body_too_large',
      'unsupported_content_type',
    ),
  },
});

const postComplete = createRoute({
  method: 'post',
  path: '/uploads/{upload_id}/complete',
  operationId: 'completeUpload',
  summary: 'Confirm an upload',
  middleware: [needs('uploads:write'), limitBody(4 * 1024 ** 2), jsonOrNothing] as const,
  request: {
    params: uploadParams,
    body: {
      required: false,
      content: {
        'application/json': {
          schema: z.strictObject({
            parts: z
              .array(sentPart)
              .min(1)
              .max(MAX_PARTS)
              .optional()
              .describe(
                'Of an upload in parts: all of them, in any order. Default: those that were confirmed.',
              ),
            etag: etag.optional().describe('Of the whole object; when given, it must be what storage holds.'),
          }),
        },
      },
    },
  },
  responses: {
    200: json(
      upload,
      'The upload is an object now, and a source for jobs. Asking again gives the same answer.',
    ),
    ...refusedWith(
      'invalid_request',
      'unauthorized',
      'forbidden',
      'upload_not_found',
      'upload_incomplete',
      'upload_mismatch',
      'upload_expired',
      'upload_not_media',
      'body_too_large',
      'unsupported_content_type',
      'storage_unavailable',
    ),
  },
});

/** What concerns the parts of an upload, and their end. */
export function uploadParts(): OpenAPIHono<RestEnv> {
  const app = new OpenAPIHono<RestEnv>();

  app.openapi(getParts, async (c) => {
    const caller = c.get('caller');
    const signed = await signParts(c.env.context, {
      projectId: caller.projectId,
      uploadId: c.req.valid('param').upload_id,
      from: c.req.valid('query').from ?? 1,
    });
    return c.json({ parts: signed.map(partJson) }, 200);
  });

  app.openapi(postParts, async (c) => {
    const caller = c.get('caller');
    await confirmParts(c.env.context, {
      projectId: caller.projectId,
      uploadId: c.req.valid('param').upload_id,
      parts: c.req.valid('json').parts.map(uploadedPart),
    });
    return c.body(null, 204);
  });

  app.openapi(postComplete, async (c) => {
    const caller = c.get('caller');
    const body = c.req.valid('json');
    const completed = await completeUpload(c.env.context, {
      projectId: caller.projectId,
      actor: caller.actor,
      uploadId: c.req.valid('param').upload_id,
      parts: body.parts?.map(uploadedPart) ?? null,
      etag: body.etag ?? null,
    });
    return c.json(uploadJson(completed), 200);
  });

  return app;
}

function uploadedPart({ part_number, etag }: z.infer<typeof sentPart>): UploadedPart {
  return { partNumber: part_number, etag };
}
