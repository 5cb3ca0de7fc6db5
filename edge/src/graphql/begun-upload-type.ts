import type { MultipartUpload } from '../uploads/create-multipart.ts';
import type { SingleUpload } from '../uploads/create-single.ts';
import type { SignedPart } from '../uploads/sign-parts.ts';
import { PARTS_PER_PAGE } from '../uploads/upload-limits.ts';
import { builder } from './builder.ts';

export const singleUpload = builder.objectRef<SingleUpload>('SingleUpload').implement({
  description: 'An upload in one PUT that was just begun, and where to send the file.',
  fields: (t) => ({
    uploadId: t.exposeID('uploadId', { description: 'Names the upload.' }),
    inputKey: t.exposeString('inputKey', { description: 'For `createJob`, once the upload is complete.' }),
    uploadUrl: t.string({ description: 'PUT the file here.', resolve: ({ request }) => request.url }),
    headers: t.field({
      type: 'JSON',
      description: 'Names and values that must be sent as they are. A second PUT is refused (412).',
      resolve: ({ request }) => request.headers,
    }),
    urlExpiresAt: t.field({
      type: 'DateTime',
      description: 'The PUT must have begun by then.',
      resolve: ({ requestExpiresAt }) => requestExpiresAt.toISOString(),
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'The upload must be complete by then.',
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
  }),
});

export const signedPart = builder.objectRef<SignedPart>('SignedPart').implement({
  description: 'Where one part of an upload goes.',
  fields: (t) => ({
    partNumber: t.exposeInt('partNumber', { description: 'From 1.' }),
    uploadUrl: t.exposeString('uploadUrl', {
      description: 'PUT the part here; keep the ETag of the answer.',
    }),
  }),
});

export const multipartUpload = builder.objectRef<MultipartUpload>('MultipartUpload').implement({
  description: 'An upload in parts that was just begun, and where to send the first of them.',
  fields: (t) => ({
    uploadId: t.exposeID('uploadId', { description: 'Names the upload.' }),
    inputKey: t.exposeString('inputKey', { description: 'For `createJob`, once the upload is complete.' }),
    partSizeBytes: t.expose('partSizeBytes', { type: 'Long', description: 'Of every part but the last.' }),
    partCount: t.exposeInt('partCount', { description: 'How many parts there are.' }),
    parts: t.field({
      type: [signedPart],
      description: `The first ${PARTS_PER_PAGE} parts. \`uploadParts\` signs the others.`,
      complexity: { field: 1, multiplier: PARTS_PER_PAGE },
      resolve: ({ parts }) => parts,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'The upload must be complete by then.',
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
  }),
});
