import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import { z } from 'zod';
import type { JobSort } from '../jobs/list-jobs.ts';
import { plainText } from '../plain-text.ts';

const DEFAULT_PAGE = 20;

/** An enum's word in JSON, `JOB_STATUS_QUEUED`, as the use cases write it. */
const status = z
  .string()
  .transform((name) => name.replace(/^JOB_STATUS_/, '').toLowerCase())
  .pipe(z.enum(JOB_STATUSES));

const SORTS = {
  JOB_SORT_CREATED_AT_ASC: 'created_at',
  JOB_SORT_CREATED_AT_DESC: '-created_at',
  JOB_SORT_FINISHED_AT_ASC: 'finished_at',
  JOB_SORT_FINISHED_AT_DESC: '-finished_at',
} as const satisfies Record<string, JobSort>;
const sort = z
  .enum([
    'JOB_SORT_CREATED_AT_ASC',
    'JOB_SORT_CREATED_AT_DESC',
    'JOB_SORT_FINISHED_AT_ASC',
    'JOB_SORT_FINISHED_AT_DESC',
  ])
  .transform((name) => SORTS[name]);

/** A ListJobsRequest in JSON, as `listJobs` takes it. */
export const jobList = z
  .object({
    statuses: z.array(status).max(JOB_STATUSES.length).optional(),
    created_after: z.iso.datetime().optional(),
    created_before: z.iso.datetime().optional(),
    input_key: plainText(1, 1_024).optional(),
    tag: plainText(1, 64).optional(),
    metadata: z.object({ key: plainText(1, 128), value: plainText(0, 256).optional() }).optional(),
    sort: sort.default('-created_at'),
    limit: z.int().min(1).max(100).default(DEFAULT_PAGE),
    cursor: z.string().max(128).optional(),
  })
  .transform((list) => ({
    filter: {
      status: list.statuses,
      createdAfter: list.created_after,
      createdBefore: list.created_before,
      inputKey: list.input_key,
      tag: list.tag,
      metadata: list.metadata,
    },
    sort: list.sort,
    limit: list.limit,
    cursor: list.cursor ?? null,
  }));
