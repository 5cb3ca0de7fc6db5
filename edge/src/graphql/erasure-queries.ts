import { requireScope } from '../auth/caller.ts';
import { listErasures, subjectId as subjectIdSchema } from '../erasure/list-erasures.ts';
import { readErasure } from '../erasure/read-erasure.ts';
import { builder } from './builder.ts';
import { erasure } from './erasure-type.ts';
import { orNull } from './or-null.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';
import { isId, readInput } from './read-input.ts';

builder.queryField('erasure', (t) =>
  t.field({
    type: erasure,
    nullable: true,
    description: 'The receipt of an erasure; null when there is none of this id.',
    args: { id: t.arg.id({ required: true, description: 'The receipt.' }) },
    complexity: 5,
    resolve: (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      return isId(id) ? orNull(readErasure(ctx, { caller, receiptId: id })) : null;
    },
  }),
);

builder.queryField('erasures', (t) =>
  t.field({
    type: pageType('ErasurePage', erasure),
    description: 'Receipts of erasures, newest first.',
    args: {
      ...pageArgs(),
      subjectId: t.arg.id({ description: 'Only receipts of this job, upload or project.' }),
    },
    complexity: pageCost,
    resolve: async (_root, { subjectId, ...page }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      const found = await listErasures(ctx, {
        caller,
        subjectId: subjectId == null ? null : readInput(subjectIdSchema, subjectId, ['subjectId']),
        ...readPageArgs(page),
      });
      return { nodes: found.erasures, nextCursor: found.nextCursor };
    },
  }),
);
