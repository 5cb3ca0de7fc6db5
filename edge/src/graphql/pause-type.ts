import { PAUSABLE_CODECS } from '@millrace/shared/task/dispatch-pause.ts';
import { pauseInput as inputSchema, OPERATION_SCOPES, type PauseInput } from '../operations/pause-input.ts';
import type { PauseRecord } from '../operations/pause-record.ts';
import { builder } from './builder.ts';
import { inSnakeCase, readInput } from './read-input.ts';

export const operationScope = builder.enumType('OperationScope', {
  description: '`project`: what is of this project. `installation`: what is of all, for the operator.',
  values: OPERATION_SCOPES,
});

const codec = builder.enumType('PausableCodec', {
  description: 'A codec whose tasks can be held back by themselves.',
  values: PAUSABLE_CODECS,
});

export const dispatchPause = builder.objectRef<PauseRecord>('DispatchPause').implement({
  description: 'What holds back tasks that nobody has yet.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the pause.' }),
    scope: t.expose('scope', {
      type: operationScope,
      description: 'Whether it holds back one project or all.',
    }),
    projectId: t.exposeID('projectId', { nullable: true, description: 'The project; null for all.' }),
    codec: t.expose('codec', {
      type: codec,
      nullable: true,
      description: 'Only tasks of this codec; null for all tasks.',
    }),
    reason: t.exposeString('reason', { description: 'Why.' }),
    actor: t.exposeString('actor', { description: 'Who paused it, or changed the pause last.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself; null when somebody has to end it.',
    }),
  }),
});

export const pauseInput = builder.inputType('DispatchPauseInput', {
  description: 'What is to be held back.',
  fields: (t) => ({
    scope: t.field({ type: operationScope, required: true, description: 'Whose tasks.' }),
    codec: t.field({ type: codec, description: 'Only tasks of this codec. Default: all tasks.' }),
    reason: t.string({ required: true, description: 'Why, for whoever finds it paused.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'When it ends by itself. Default: when somebody ends it.',
    }),
  }),
});

export function readPauseInput(input: typeof pauseInput.$inferInput): PauseInput {
  return readInput(inputSchema, inSnakeCase(input), ['input']);
}
