import { requireScope } from '../auth/caller.ts';
import { redriveLimit } from '../operations/dead-letter.ts';
import { listDeadLetters } from '../operations/list-dead-letters.ts';
import { listPauses } from '../operations/list-pauses.ts';
import { pauseDispatch } from '../operations/pause-dispatch.ts';
import { redriveDeadLetters } from '../operations/redrive-dead-letters.ts';
import { resumeDispatch } from '../operations/resume-dispatch.ts';
import { builder } from './builder.ts';
import {
  deadLetter,
  deadLetterFilter,
  deadLetterSelection,
  readDeadLetterFilter,
  readDeadLetterSelection,
  redriven,
} from './dead-letter-type.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';
import { dispatchPause, pauseInput, readPauseInput } from './pause-type.ts';
import { requireId } from './read-input.ts';

builder.queryField('dispatchPauses', (t) =>
  t.field({
    type: pageType('DispatchPausePage', dispatchPause),
    description:
      'What is paused, newest first: in the project; for the operator, everywhere. Needs the scope `admin`.',
    args: pageArgs(),
    complexity: pageCost,
    resolve: async (_root, page, { ctx, caller }) => {
      requireScope(caller, 'admin');
      const found = await listPauses(ctx, { caller, ...readPageArgs(page) });
      return { nodes: found.pauses, nextCursor: found.nextCursor };
    },
  }),
);

builder.queryField('deadLetters', (t) =>
  t.field({
    type: pageType('DeadLetterPage', deadLetter),
    description: 'What was given up on, the latest first. Needs the scope `admin`.',
    args: {
      ...pageArgs(),
      filter: t.arg({ type: deadLetterFilter, description: 'Which. Default: all of the project.' }),
    },
    complexity: pageCost,
    resolve: async (_root, { filter, ...page }, { ctx, caller }) => {
      requireScope(caller, 'admin');
      const list = { caller, filter: readDeadLetterFilter(filter ?? {}), ids: null };
      const found = await listDeadLetters(ctx, { ...list, ...readPageArgs(page) });
      return { nodes: found.letters, nextCursor: found.nextCursor };
    },
  }),
);

builder.mutationField('pauseDispatch', (t) =>
  t.field({
    type: dispatchPause,
    description:
      'Holds back tasks that nobody has yet. Pausing what is paused changes the reason and the end. Needs the scope `admin`; the installation is the operator’s.',
    args: { input: t.arg({ type: pauseInput, required: true, description: 'What is to be held back.' }) },
    complexity: 20,
    resolve: (_root, { input }, { ctx, caller }) => {
      requireScope(caller, 'admin');
      return pauseDispatch(ctx, { caller, pause: readPauseInput(input) });
    },
  }),
);

builder.mutationField('resumeDispatch', (t) =>
  t.field({
    type: dispatchPause,
    description: 'Ends a pause; what it held back goes on at once. Gives the pause that was.',
    args: { id: t.arg.id({ required: true, description: 'The pause.' }) },
    complexity: 20,
    resolve: (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'admin');
      return resumeDispatch(ctx, { caller, pauseId: requireId(id) });
    },
  }),
);

builder.mutationField('redriveDeadLetters', (t) =>
  t.field({
    type: redriven,
    description: 'Takes up again what was given up on. Doing it twice does it once. Needs the scope `admin`.',
    args: { input: t.arg({ type: deadLetterSelection, required: true, description: 'Which.' }) },
    complexity: { field: 20, multiplier: 1 },
    resolve: (_root, { input }, { ctx, caller }) => {
      requireScope(caller, 'admin');
      const { ids, limit, cursor = null, ...filter } = readDeadLetterSelection(input);
      const which = { ids: ids ?? null, limit: redriveLimit({ ids, limit }), cursor };
      return redriveDeadLetters(ctx, { caller, filter, ...which });
    },
  }),
);
