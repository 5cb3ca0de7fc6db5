import { z } from 'zod';
import { requireScope } from '../auth/caller.ts';
import { findUpload } from '../uploads/find-upload.ts';
import { listUploads } from '../uploads/list-uploads.ts';
import { signParts } from '../uploads/sign-parts.ts';
import { MAX_PARTS, PARTS_PER_PAGE } from '../uploads/upload-limits.ts';
import { signedPart } from './begun-upload-type.ts';
import { builder } from './builder.ts';
import { orNull } from './or-null.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';
import { isId, readInput } from './read-input.ts';
import { upload, uploadStatus } from './upload-type.ts';

const partNumber = z.int().min(1).max(MAX_PARTS);

builder.queryField('upload', (t) =>
  t.field({
    type: upload,
    nullable: true,
    description: 'An upload; null when there is none of this id.',
    args: { id: t.arg.id({ required: true, description: 'The upload.' }) },
    complexity: 5,
    resolve: (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      return isId(id) ? orNull(findUpload(ctx, { projectId: caller.projectId, uploadId: id })) : null;
    },
  }),
);

builder.queryField('uploads', (t) =>
  t.field({
    type: pageType('UploadPage', upload),
    description: 'Uploads, newest first.',
    args: {
      ...pageArgs(),
      status: t.arg({ type: uploadStatus, description: 'Only uploads that stand so.' }),
    },
    complexity: pageCost,
    resolve: async (_root, { status, ...page }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      const found = await listUploads(ctx, {
        projectId: caller.projectId,
        status: status ?? null,
        ...readPageArgs(page),
      });
      return { nodes: found.uploads, nextCursor: found.nextCursor };
    },
  }),
);

builder.queryField('uploadParts', (t) =>
  t.field({
    type: [signedPart],
    nullable: true,
    description: `Fresh URLs for up to ${PARTS_PER_PAGE} parts of an upload; null when there is no such upload in parts. Needs the scope \`uploads:write\`.`,
    args: {
      id: t.arg.id({ required: true, description: 'The upload.' }),
      from: t.arg.int({ defaultValue: 1, description: 'The first part to sign.' }),
    },
    complexity: { field: 20, multiplier: PARTS_PER_PAGE },
    resolve: (_root, { id, from }, { ctx, caller }) => {
      requireScope(caller, 'uploads:write');
      const first = readInput(partNumber, from ?? 1, ['from']);
      if (!isId(id)) return null;
      return orNull(signParts(ctx, { projectId: caller.projectId, uploadId: id, from: first }));
    },
  }),
);
