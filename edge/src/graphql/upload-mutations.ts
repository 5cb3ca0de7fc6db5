import { z } from 'zod';
import { requireScope } from '../auth/caller.ts';
import { plainText } from '../plain-text.ts';
import { abortUpload } from '../uploads/abort-upload.ts';
import { completeUpload } from '../uploads/complete-upload.ts';
import { createMultipart } from '../uploads/create-multipart.ts';
import { createSingle } from '../uploads/create-single.ts';
import { MAX_PARTS } from '../uploads/upload-limits.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { readInput, requireId } from './read-input.ts';
import { multipartUpload, singleUpload, upload } from './upload-type.ts';

const uploadInput = builder.inputType('UploadInput', {
  fields: (t) => ({
    filename: t.string({ required: true, description: "The file's name. Its end becomes part of the key." }),
    contentType: t.string({ required: true, description: 'Media type of the file. It is signed.' }),
    sizeBytes: t.field({ type: 'Long', required: true, description: 'Exact size of the file.' }),
  }),
});

const uploadSchema = z.object({
  filename: plainText(1, 255),
  contentType: z
    .string()
    .max(127)
    .regex(/^[\w.+-]+\/[\w.+-]+(;[\x20-\x7e]*)?$/, 'must be a media type such as video/mp4'),
  sizeBytes: z.int().min(1),
});

const partInput = builder.inputType('PartInput', {
  fields: (t) => ({
    partNumber: t.int({ required: true, description: 'From 1.' }),
    etag: t.string({ required: true, description: 'What the PUT of the part answered.' }),
  }),
});

const partsSchema = z
  .array(
    z.object({
      partNumber: z.int().min(1).max(MAX_PARTS),
      etag: z
        .string()
        .max(256)
        .regex(/^[\x21-\x7e]+$/, 'must be an ETag'),
    }),
  )
  .min(1)
  .max(MAX_PARTS);

builder.mutationField('createUpload', (t) =>
  t.field({
    type: singleUpload,
    description: 'Begins an upload in one PUT.',
    args: { input: t.arg({ type: uploadInput, required: true }) },
    complexity: 20,
    resolve: (_root, { input }, context) => createSingle(context.ctx, newUpload(context, input)),
  }),
);

builder.mutationField('createMultipartUpload', (t) =>
  t.field({
    type: multipartUpload,
    description: 'Begins an upload in parts, which can be resumed.',
    args: { input: t.arg({ type: uploadInput, required: true }) },
    complexity: 20,
    resolve: (_root, { input }, context) => createMultipart(context.ctx, newUpload(context, input)),
  }),
);

builder.mutationField('completeUpload', (t) =>
  t.field({
    type: upload,
    description: 'Makes an upload a source. Asking again gives the same answer.',
    args: {
      id: t.arg.id({ required: true }),
      parts: t.arg({
        type: [partInput],
        description: 'Of an upload in parts, all of them; left out for those that were confirmed one by one.',
      }),
      etag: t.arg.string({ description: 'What the one PUT answered, to be compared.' }),
    },
    complexity: 20,
    resolve: (_root, { id, parts, etag }, { ctx, caller }) => {
      requireScope(caller, 'uploads:write');
      return completeUpload(ctx, {
        projectId: caller.projectId,
        uploadId: requireId(id),
        parts: parts ? readInput(partsSchema, parts, ['parts']) : null,
        etag: etag ?? null,
      });
    },
  }),
);

builder.mutationField('abortUpload', (t) =>
  t.id({
    description: 'Gives up an upload; what has arrived is thrown away. Returns its id.',
    args: { id: t.arg.id({ required: true }) },
    complexity: 20,
    resolve: async (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'uploads:write');
      await abortUpload(ctx, { projectId: caller.projectId, uploadId: requireId(id) });
      return id;
    },
  }),
);

function newUpload({ caller }: GraphqlContext, input: typeof uploadInput.$inferInput) {
  requireScope(caller, 'uploads:write');
  const { projectId, actor } = caller;
  return { projectId, actor, ...readInput(uploadSchema, input, ['input']) };
}
