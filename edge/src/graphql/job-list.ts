import { z } from 'zod';
import { jobFilterFields, jobStatuses, metadataKey, metadataValue } from '../jobs/job-filter.ts';
import { JOB_SORTS, type JobFilter, type JobSort } from '../jobs/list-jobs.ts';
import { builder } from './builder.ts';
import { jobStatus } from './job-type.ts';
import { inSnakeCase, readInput } from './read-input.ts';

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
  fields: (t) => ({
    key: t.string({ required: true, description: 'The key.' }),
    value: t.string({ description: 'What it holds.' }),
  }),
});

export const jobFilter = builder.inputType('JobFilter', {
  description: 'What the jobs have in common; what is absent is not asked.',
  fields: (t) => ({
    status: t.field({ type: [jobStatus], description: 'Any of these.' }),
    createdAfter: t.field({ type: 'DateTime', description: 'This moment included.' }),
    createdBefore: t.field({ type: 'DateTime', description: 'This moment excluded.' }),
    inputKey: t.string({ description: 'Of this source.' }),
    tag: t.string({ description: 'With this tag.' }),
    metadata: t.field({ type: metadataFilter, description: 'With this in their metadata.' }),
  }),
});

const filterSchema = z.object({
  ...jobFilterFields,
  status: jobStatuses.optional(),
  metadata: z.object({ key: metadataKey, value: metadataValue.optional() }).optional(),
});

/** The filter for the use case. Refuses with `invalid_request`. */
export function readJobFilter(filter: typeof jobFilter.$inferInput | null | undefined): JobFilter {
  if (!filter) return {};
  const { metadata, ...same } = filter;
  const asked = { ...inSnakeCase(same), ...(metadata ? { metadata: inSnakeCase(metadata) } : {}) };
  const read = readInput(filterSchema, asked, ['filter']);
  return {
    status: read.status,
    createdAfter: read.created_after,
    createdBefore: read.created_before,
    inputKey: read.input_key,
    tag: read.tag,
    metadata: read.metadata && { key: read.metadata.key, value: read.metadata.value },
  };
}
