import type { ServiceImpl } from '@connectrpc/connect';
import { type JobService, UploadMethod } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { z } from 'zod';
import { abortUpload } from '../uploads/abort-upload.ts';
import { completeUpload } from '../uploads/complete-upload.ts';
import { confirmParts, type UploadedPart } from '../uploads/confirm-parts.ts';
import { createUpload } from '../uploads/create-upload.ts';
import { readUpload } from '../uploads/read-upload.ts';
import { signParts } from '../uploads/sign-parts.ts';
import { etag, MAX_CONFIRMED, sentPart, uploadInput } from '../uploads/upload-input.ts';
import { MAX_PARTS } from '../uploads/upload-limits.ts';
import { callWith } from './call.ts';
import { read } from './read-request.ts';
import { begunMessage, uploadMessage } from './upload-message.ts';

const uploadId = z.object({ upload_id: z.uuid('must be a UUID') });
const partsAsked = uploadId.extend({ from: z.int().min(1).max(MAX_PARTS).default(1) });
const partsSent = uploadId.extend({ parts: z.array(sentPart).min(1).max(MAX_CONFIRMED) });
const completion = uploadId.extend({ parts: z.array(sentPart).max(MAX_PARTS), etag: etag.optional() });

/** What concerns uploads. */
export const uploadMethods = {
  async createUpload(request, context) {
    const { ctx, caller } = callWith('uploads:write', context);
    const file = read(uploadInput, {
      filename: request.filename,
      content_type: request.contentType,
      size_bytes: Number(request.sizeBytes),
      method: request.method === UploadMethod.SINGLE ? 'single' : 'multipart',
    });
    const begun = await createUpload(ctx, {
      projectId: caller.projectId,
      actor: caller.actor,
      filename: file.filename,
      contentType: file.content_type,
      sizeBytes: file.size_bytes,
      method: file.method,
    });
    return begunMessage(begun);
  },

  async getUpload(request, context) {
    const { ctx, caller } = callWith('jobs:read', context);
    const { upload_id } = read(uploadId, { upload_id: request.uploadId });
    const found = await readUpload(ctx, { projectId: caller.projectId, uploadId: upload_id });
    return { upload: uploadMessage(found), confirmedParts: found.parts.map((part) => part.partNumber) };
  },

  async signUploadParts(request, context) {
    const { ctx, caller } = callWith('uploads:write', context);
    const { upload_id, from } = read(partsAsked, { upload_id: request.uploadId, from: request.from });
    return { parts: await signParts(ctx, { projectId: caller.projectId, uploadId: upload_id, from }) };
  },

  async confirmUploadParts(request, context) {
    const { ctx, caller } = callWith('uploads:write', context);
    const sent = read(partsSent, { upload_id: request.uploadId, parts: request.parts.map(partOf) });
    await confirmParts(ctx, {
      projectId: caller.projectId,
      uploadId: sent.upload_id,
      parts: sent.parts.map(uploadedPart),
    });
    return {};
  },

  async completeUpload(request, context) {
    const { ctx, caller } = callWith('uploads:write', context);
    const sent = read(completion, {
      upload_id: request.uploadId,
      parts: request.parts.map(partOf),
      etag: request.etag,
    });
    const completed = await completeUpload(ctx, {
      projectId: caller.projectId,
      actor: caller.actor,
      uploadId: sent.upload_id,
      parts: sent.parts.length > 0 ? sent.parts.map(uploadedPart) : null,
      etag: sent.etag ?? null,
    });
    return { upload: uploadMessage(completed) };
  },

  async abortUpload(request, context) {
    const { ctx, caller } = callWith('uploads:write', context);
    const { upload_id } = read(uploadId, { upload_id: request.uploadId });
    await abortUpload(ctx, { projectId: caller.projectId, uploadId: upload_id, actor: caller.actor });
    return {};
  },
} satisfies Partial<ServiceImpl<typeof JobService>>;

function partOf({ partNumber, etag: tag }: UploadedPart) {
  return { part_number: partNumber, etag: tag };
}

function uploadedPart({ part_number, etag: tag }: z.infer<typeof sentPart>): UploadedPart {
  return { partNumber: part_number, etag: tag };
}
