import type { ServiceImpl } from '@connectrpc/connect';
import {
  ListDeadLettersRequestSchema,
  ListPausesRequestSchema,
  type OperationsService,
  PauseDispatchRequestSchema,
  RedriveDeadLettersRequestSchema,
} from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import { z } from 'zod';
import { deadLetterFilter, redriveInput, redriveLimit } from '../operations/dead-letter.ts';
import { listDeadLetters } from '../operations/list-dead-letters.ts';
import { listPauses } from '../operations/list-pauses.ts';
import { pauseDispatch } from '../operations/pause-dispatch.ts';
import { pauseInput } from '../operations/pause-input.ts';
import { redriveDeadLetters } from '../operations/redrive-dead-letters.ts';
import { resumeDispatch } from '../operations/resume-dispatch.ts';
import { callWith } from './call.ts';
import { deadLetterMessage, pauseMessage } from './operations-message.ts';
import { read, readRequest } from './read-request.ts';

const DEFAULT_PAGE = 20;
const page = z.object({
  limit: z.int().min(1).max(100).default(DEFAULT_PAGE),
  cursor: z.string().max(1_024).nullable().default(null),
});
const letterPage = page.extend({ filter: deadLetterFilter.default({}) });
const pauseId = z.object({ id: z.uuid('must be a UUID') });
const selection = z.object({
  ...redriveInput.pick({ limit: true, cursor: true }).shape,
  ids: redriveInput.shape.ids,
  filter: deadLetterFilter.default({}),
});

/** OperationsService: each method reads its message, calls one use case, and writes the answer. */
export const operationsService: ServiceImpl<typeof OperationsService> = {
  async pauseDispatch(request, context) {
    const { ctx, caller } = callWith('admin', context);
    const pause = readRequest(pauseInput, PauseDispatchRequestSchema, request);
    return { pause: pauseMessage(await pauseDispatch(ctx, { caller, pause })) };
  },

  async listPauses(request, context) {
    const { ctx, caller } = callWith('admin', context);
    const found = await listPauses(ctx, { caller, ...readRequest(page, ListPausesRequestSchema, request) });
    return { pauses: found.pauses.map(pauseMessage), ...cursorOf(found) };
  },

  async resumeDispatch(request, context) {
    const { ctx, caller } = callWith('admin', context);
    const { id } = read(pauseId, request);
    return { pause: pauseMessage(await resumeDispatch(ctx, { caller, pauseId: id })) };
  },

  async listDeadLetters(request, context) {
    const { ctx, caller } = callWith('admin', context);
    const list = readRequest(letterPage, ListDeadLettersRequestSchema, request);
    const found = await listDeadLetters(ctx, { caller, ids: null, ...list });
    return { deadLetters: found.letters.map(deadLetterMessage), ...cursorOf(found) };
  },

  async redriveDeadLetters(request, context) {
    const { ctx, caller } = callWith('admin', context);
    const asked = readRequest(selection, RedriveDeadLettersRequestSchema, request);
    const { filter, ids = null, cursor = null } = asked;
    const list = { caller, filter, ids, limit: redriveLimit(asked), cursor };
    const done = await redriveDeadLetters(ctx, list);
    return {
      redriven: done.redriven.map(deadLetterMessage),
      refused: done.refused.map(({ letter, code }) => ({ deadLetter: deadLetterMessage(letter), code })),
      ...cursorOf(done),
    };
  },
};

function cursorOf({ nextCursor }: { nextCursor: string | null }) {
  return nextCursor === null ? {} : { nextCursor };
}
