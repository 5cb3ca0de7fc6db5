import { z } from 'zod';
import { JOB_SORTS, type JobFilter, type JobSort } from '../jobs/list-jobs.ts';
import { plainText } from '../plain-text.ts';
import { builder } from './builder.ts';
import { jobStatus } from './job-type.ts';
import { readInput } from './read-input.ts';

export const jobSort = builder.enumType('JobSort', {
  description: 'By `finishedAt` only jobs that have ended are listed.',
  values: {
    CREATED_AT_DESC: { value: '-created_at' },
    CREATED_AT_ASC: { value: 'created_at' },
    FINISHED_AT_DESC: { value: '-finished_at' },
    FINISHED_AT_ASC: { value: 'finished_at' },
  } satisfies Record<string, { value: JobSort }>,
});

export const NEWEST_FIRST: JobSort = JOB_SORTS[0];

const metadataFilter = builder.inputType('MetadataFilter', {
  description: 'A top-level key of the metadata; with a value, that holds it as text, number or boolean.',
  fields: (t) => ({ key: t.string({ required: true }), value: t.string() }),
});

export const jobFilter = builder.inputType('JobFilter', {
  description: 'What the jobs have in common; what is absent is not asked.',
  fields: (t) => ({
    status: t.field({ type: [jobStatus], description: 'Any of these.' }),
    createdAfter: t.field({ type: 'DateTime', description: 'This moment included.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'This moment excluded.' }),
    inputKey: t.string(),
    tag: t.string(),
    metadata: t.field({ type: metadataFilter }),
  }),
});

const filterSchema = z.object({
  status: z.array(z.string()).min(1).nullish(),
  inputKey: plainText(1, 1_024).nullish(),
  tag: plainText(1, 64).nullish(),
  metadata: z.object({ key: plainText(1, 256), value: plainText(0, 256).nullish() }).nullish(),
});

/** The filter for the use case. Refuses with `invalid_request`. */
export function readJobFilter(filter: typeof jobFilter.$inferInput | null | undefined): JobFilter {
  if (!filter) return {};
  readInput(filterSchema, filter, ['filter']);
  const { metadata } = filter;
  return {
    status: filter.status ?? undefined,
    createdAfter: filter.createdAfter ?? undefined,
    createdBefore: filter.createdBefore ?? undefined,
    inputKey: filter.inputKey ?? undefined,
    tag: filter.tag ?? undefined,
    metadata: metadata ? { key: metadata.key, value: metadata.value ?? undefined } : undefined,
  };
}
