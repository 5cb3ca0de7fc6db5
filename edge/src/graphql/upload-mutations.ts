import { requireScope } from '../auth/caller.ts';
import { eraseUpload } from '../erasure/erase-upload.ts';
import { readErasure } from '../erasure/read-erasure.ts';
import { completeUpload } from '../uploads/complete-upload.ts';
import { confirmParts } from '../uploads/confirm-parts.ts';
import { createMultipart } from '../uploads/create-multipart.ts';
import { createSingle } from '../uploads/create-single.ts';
import { findUpload, type UploadRef } from '../uploads/find-upload.ts';
import { holdUpload } from '../uploads/hold-upload.ts';
import { etag as etagSchema, MAX_CONFIRMED } from '../uploads/upload-input.ts';
import { multipartUpload, singleUpload } from './begun-upload-type.ts';
import { builder } from './builder.ts';
import { erasure } from './erasure-type.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { readInput, requireId } from './read-input.ts';
import { partInput, readParts, readUploadInput, uploadInput } from './upload-input.ts';
import { upload } from './upload-type.ts';

builder.mutationField('createUpload', (t) =>
  t.field({
    type: singleUpload,
    description: 'Begins an upload in one PUT, of up to 5 GiB.',
    args: { input: t.arg({ type: uploadInput, required: true, description: 'The file.' }) },
    complexity: 20,
    resolve: (_root, { input }, context) => createSingle(context.ctx, newUpload(context, input)),
  }),
);

builder.mutationField('createMultipartUpload', (t) =>
  t.field({
    type: multipartUpload,
    description: 'Begins an upload in parts, which can be resumed.',
    args: { input: t.arg({ type: uploadInput, required: true, description: 'The file.' }) },
    complexity: 20,
    resolve: (_root, { input }, context) => createMultipart(context.ctx, newUpload(context, input)),
  }),
);

builder.mutationField('confirmUploadParts', (t) =>
  t.field({
    type: upload,
    description: 'Notes parts that storage has taken. Completing then needs them no more.',
    args: {
      id: t.arg.id({ required: true, description: 'The upload.' }),
      parts: t.arg({
        type: [partInput],
        required: true,
        description: `Up to ${MAX_CONFIRMED}, each once. What was said last of a part counts.`,
      }),
    },
    complexity: 20,
    resolve: async (_root, { id, parts }, context) => {
      const ref = writable(context, id);
      await confirmParts(context.ctx, { ...ref, parts: readParts(parts, MAX_CONFIRMED) });
      return findUpload(context.ctx, ref);
    },
  }),
);

builder.mutationField('completeUpload', (t) =>
  t.field({
    type: upload,
    description: 'Makes an upload a source. Asking again gives the same answer.',
    args: {
      id: t.arg.id({ required: true, description: 'The upload.' }),
      parts: t.arg({
        type: [partInput],
        description: 'Of an upload in parts, all of them. Default: those that were confirmed.',
      }),
      etag: t.arg.string({ description: 'Of the whole object; when given, it must be what storage holds.' }),
    },
    complexity: 20,
    resolve: (_root, { id, parts, etag }, context) =>
      completeUpload(context.ctx, {
        ...writable(context, id),
        actor: context.caller.actor,
        parts: parts ? readParts(parts) : null,
        etag: etag == null ? null : readInput(etagSchema, etag, ['etag']),
      }),
  }),
);

builder.mutationField('holdUpload', (t) =>
  t.field({
    type: upload,
    description: 'Lays a legal hold on an upload, or lifts it, which needs the scope `admin`.',
    args: {
      id: t.arg.id({ required: true, description: 'The upload.' }),
      legalHold: t.arg.boolean({ required: true, description: 'While true, nothing erases it.' }),
    },
    complexity: 20,
    resolve: async (_root, { id, legalHold }, context) => {
      const ref = writable(context, id);
      await holdUpload(context.ctx, { caller: context.caller, uploadId: ref.uploadId, legalHold });
      return findUpload(context.ctx, ref);
    },
  }),
);

builder.mutationField('deleteUpload', (t) =>
  t.field({
    type: erasure,
    nullable: true,
    description:
      'Erases an upload that is complete, and gives the receipt; gives up one that is not, and throws away what has arrived: null.',
    args: { id: t.arg.id({ required: true, description: 'The upload.' }) },
    complexity: 20,
    resolve: async (_root, { id }, context) => {
      const { ctx, caller } = context;
      const { receiptId } = await eraseUpload(ctx, { ...writable(context, id), actor: caller.actor });
      return receiptId === null ? null : readErasure(ctx, { caller, receiptId });
    },
  }),
);

function newUpload({ caller }: GraphqlContext, input: typeof uploadInput.$inferInput) {
  requireScope(caller, 'uploads:write');
  return { projectId: caller.projectId, actor: caller.actor, ...readUploadInput(input) };
}

function writable({ caller }: GraphqlContext, id: string): UploadRef {
  requireScope(caller, 'uploads:write');
  return { projectId: caller.projectId, uploadId: requireId(id) };
}
