import {
  projectChanges as changesSchema,
  projectInput as inputSchema,
  toProjectChanges,
} from '../projects/project-input.ts';
import type { ProjectChanges } from '../projects/update-project.ts';
import { builder } from './builder.ts';
import { inSnakeCase, readInput, snakeCase } from './read-input.ts';

export const projectInput = builder.inputType('ProjectInput', {
  description: 'A project that is to be made.',
  fields: (t) => ({
    id: t.id({
      required: true,
      description: 'Names it for good: 2 to 39 of a-z, 0-9 and -, not beginning with -.',
    }),
    name: t.string({ description: 'For people.' }),
  }),
});

const quotaChanges = builder.inputType('ProjectQuotaChanges', {
  description: 'What is left out stays as it is; null is no limit.',
  fields: (t) => ({
    concurrentTasks: t.int({ description: 'Tasks that may run at once.' }),
    minutesPerDay: t.int({
      description: 'Minutes of source that may be analyzed from midnight to midnight UTC.',
    }),
    storedBytes: t.field({ type: 'Long', description: 'Bytes of uploads that may be stored at once.' }),
  }),
});

const retentionChanges = builder.inputType('ProjectRetentionChanges', {
  description: 'What is left out stays as it is; null is for ever.',
  fields: (t) => ({
    keepSourcesDays: t.int({ description: 'Days that uploads are kept after their last job ended.' }),
    keepOutputsDays: t.int({ description: 'Days that a job and its outputs are kept after its end.' }),
    keepEventsDays: t.int({ description: 'Days that the history of ended jobs is kept.' }),
    keepLogsDays: t.int({ description: 'Days that the log tails of ended jobs are kept.' }),
  }),
});

export const projectChanges = builder.inputType('ProjectChanges', {
  description: 'What is left out stays as it is.',
  fields: (t) => ({
    name: t.string({ description: 'For people.' }),
    quotas: t.field({ type: quotaChanges, description: 'What it may use. For the operator.' }),
    retention: t.field({ type: retentionChanges, description: 'How long things are kept by themselves.' }),
    legalHold: t.boolean({
      description: 'While true, nothing of it may be erased. Only the operator may lift it.',
    }),
  }),
});

export function readProjectInput(input: typeof projectInput.$inferInput) {
  return readInput(inputSchema, inSnakeCase(input), ['input']);
}

export function readProjectChanges(changes: typeof projectChanges.$inferInput): ProjectChanges {
  const { quotas, retention, ...same } = changes;
  const asked = {
    ...inSnakeCase(same),
    ...(quotas ? { quotas: withNulls(quotas) } : {}),
    ...(retention ? { retention: withNulls(retention) } : {}),
  };
  return toProjectChanges(readInput(changesSchema, asked, ['changes']));
}

/** As `inSnakeCase`, where null is a value. */
function withNulls(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [snakeCase(name), value]));
}
