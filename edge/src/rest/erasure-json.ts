import { z } from '@hono/zod-openapi';
import {
  ERASURE_KINDS,
  ERASURE_REASONS,
  ERASURE_STATUSES,
  type ErasureRecord,
} from '../erasure/erasure-record.ts';

const at = z.iso.datetime();

export const erasureReceipt = z
  .object({
    id: z.uuid().describe('Names the receipt.'),
    kind: z.enum(ERASURE_KINDS).describe('What was erased.'),
    subject_id: z
      .string()
      .describe(
        'The job, the upload or the project. Of a source: its upload, or the job it was fetched for.',
      ),
    reason: z.enum(ERASURE_REASONS).describe('Somebody asked for it, or its time was over.'),
    actor: z.string().describe('Whoever asked.'),
    status: z
      .enum(ERASURE_STATUSES)
      .describe(
        '`emptied` once storage was found empty, `completed` once it was so after the last URL that could write had expired.',
      ),
    requested_at: at.describe('From then on nothing of it can be read by this API.'),
    emptied_at: at.nullable().describe('When storage was found empty.'),
    completed_at: at.nullable().describe('When nothing could come back any more.'),
  })
  .openapi('Erasure');

export function erasureJson(record: ErasureRecord): z.infer<typeof erasureReceipt> {
  return {
    id: record.id,
    kind: record.kind,
    subject_id: record.subjectId,
    reason: record.reason,
    actor: record.actor,
    status: record.status,
    requested_at: record.requestedAt,
    emptied_at: record.emptiedAt,
    completed_at: record.completedAt,
  };
}
