import type { MultipartUpload } from '../uploads/create-multipart.ts';
import type { SingleUpload } from '../uploads/create-single.ts';
import type { UploadRow } from '../uploads/find-upload.ts';
import type { SignedPart } from '../uploads/sign-parts.ts';
import { builder } from './builder.ts';

export const singleUpload = builder.objectRef<SingleUpload>('SingleUpload').implement({
  description: 'An upload in one PUT.',
  fields: (t) => ({
    uploadId: t.exposeID('uploadId'),
    inputKey: t.exposeString('inputKey', { description: 'For `createJob`, once the upload is complete.' }),
    uploadUrl: t.string({ description: 'PUT the file here.', resolve: ({ request }) => request.url }),
    headers: t.field({
      type: 'JSON',
      description: 'Names and values that must be sent as they are.',
      resolve: ({ request }) => request.headers,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'The PUT must have begun by then.',
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
  }),
});

const signedPart = builder.objectRef<SignedPart>('SignedPart').implement({
  fields: (t) => ({
    partNumber: t.exposeInt('partNumber', { description: 'From 1.' }),
    uploadUrl: t.exposeString('uploadUrl', {
      description: 'PUT the part here; keep the ETag of the answer.',
    }),
  }),
});

export const multipartUpload = builder.objectRef<MultipartUpload>('MultipartUpload').implement({
  description: 'An upload in parts.',
  fields: (t) => ({
    uploadId: t.exposeID('uploadId'),
    inputKey: t.exposeString('inputKey', { description: 'For `createJob`, once the upload is complete.' }),
    partSizeBytes: t.expose('partSizeBytes', { type: 'Long', description: 'Of every part but the last.' }),
    partCount: t.exposeInt('partCount'),
    parts: t.expose('parts', {
      type: [signedPart],
      description: 'The first 100 parts. `GET /uploads/{upload_id}/parts` signs the others.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'The upload must be complete by then.',
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
  }),
});

export const upload = builder.objectRef<UploadRow>('Upload').implement({
  description: 'An upload that was begun.',
  fields: (t) => ({
    id: t.exposeID('id'),
    status: t.exposeString('status', { description: '`pending`, `completed`, `aborted` or `expired`.' }),
    inputKey: t.exposeString('objectKey', { description: 'For `createJob`.' }),
    filename: t.exposeString('filename'),
    contentType: t.exposeString('contentType'),
    sizeBytes: t.expose('sizeBytes', { type: 'Long' }),
    etag: t.exposeString('etag', { nullable: true, description: 'Of the whole object, once completed.' }),
    completedAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ completedAt }) => completedAt?.toISOString() ?? null,
    }),
  }),
});
