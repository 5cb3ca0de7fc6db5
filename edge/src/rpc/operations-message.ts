import { create } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  DeadLetterSchema,
  DispatchPauseSchema,
  type DeadLetter as LetterMessage,
  type DispatchPause as PauseMessage,
} from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import type { DeadLetter } from '../operations/dead-letter.ts';
import type { PauseRecord } from '../operations/pause-record.ts';

export function pauseMessage(pause: PauseRecord): PauseMessage {
  const { id, scope, projectId, codec, reason, actor, createdAt, expiresAt } = pause;
  return create(DispatchPauseSchema, {
    ...{ id, scope, reason, actor, createdAt: timestampFromDate(new Date(createdAt)) },
    ...(projectId !== null && { projectId }),
    ...(codec !== null && { codec }),
    ...(expiresAt !== null && { expiresAt: timestampFromDate(new Date(expiresAt)) }),
  });
}

export function deadLetterMessage(letter: DeadLetter): LetterMessage {
  const { kind, id, projectId, jobId, webhookId, reasonCode, message, attempts, diedAt } = letter;
  return create(DeadLetterSchema, {
    ...{ kind, id, projectId, reasonCode, attempts, diedAt: timestampFromDate(new Date(diedAt)) },
    ...(jobId !== null && { jobId }),
    ...(webhookId !== null && { webhookId }),
    ...(message !== null && { message }),
  });
}
