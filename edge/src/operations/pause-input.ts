import { PAUSABLE_CODECS } from '@millrace/shared/task/dispatch-pause.ts';
import { z } from 'zod';
import { moment } from '../moment.ts';
import { plainText } from '../plain-text.ts';

/** Whose tasks: those of the caller's project, or of all. */
export const OPERATION_SCOPES = ['project', 'installation'] as const;
export type OperationScope = (typeof OPERATION_SCOPES)[number];

/** What a client sends to have dispatch paused, at every door. */
export const pauseInput = z.strictObject({
  scope: z
    .enum(OPERATION_SCOPES)
    .describe('`project`: the tasks of this project. `installation`: those of all, for the operator.'),
  codec: z
    .enum(PAUSABLE_CODECS)
    .nullish()
    .describe('Only tasks that make this codec or work on it. Default: all tasks.'),
  reason: plainText(1, 500).describe('Why, for whoever finds it paused.'),
  expires_at: moment().nullish().describe('When it ends by itself. Default: when somebody ends it.'),
});
export type PauseInput = z.infer<typeof pauseInput>;
